import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const UNIT = "演示工作台申请有限公司";
const row = `[data-list='application_sign'] .o_cfia_row:contains(${UNIT})`;

let clicks = 0;

// The secretary-general signs from the start screen with two clicks, having seen the form
tours.add("cfia_workplace_sign", {
    steps: () => [
        {
            content: "The application waits on the start screen, which came with one request",
            trigger: row,
            run() {
                const requests = performance
                    .getEntriesByType("resource")
                    .filter((entry) => entry.name.includes("cfia.workplace"));
                if (requests.length !== 1) {
                    throw new Error(`The start screen took ${requests.length} requests`);
                }
                clicks = 0;
                window.addEventListener("click", () => clicks++, { capture: true });
            },
        },
        { content: "First click: read the form", trigger: row, run: "click" },
        {
            content: "The form is there as it is printed, with its checklist",
            trigger: ".modal:has([name='check_ids'] .o_data_row, [name='check_ids'] .o_kanban_record) .o_cfia_paper iframe",
            async run({ anchor, waitUntil }) {
                await waitUntil(() => anchor.contentDocument.body?.textContent.includes(UNIT), { timeout: 10000 });
            },
        },
        {
            content: "Second click: sign",
            trigger: ".modal .modal-footer button[name='action_confirm']",
            run: "click",
        },
        {
            content: "It waits no longer",
            trigger: `body:not(:has(.modal)) .o_cfia_workplace:not(:has(.o_cfia_row:contains(${UNIT})))`,
            run() {
                if (clicks !== 2) {
                    throw new Error(`Signing took ${clicks} clicks`);
                }
            },
        },
    ],
});
