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

const list = (key) => `[data-list='${key}'] .o_cfia_row`;
const widget = (name) => `.o_field_widget[name='${name}']`;
const check = (content, trigger) => ({ content, trigger });
const click = (content, trigger) => ({ content, trigger, run: "click" });
const confirm = () => click("Confirm", ".modal:not(.o_inactive_modal) .modal-footer .btn-primary");
const left = (name) =>
    check("The step is done", `.o_form_view .o_statusbar_buttons:not(:has(button[name='${name}']))`);

// The organisation department opens what waits, signs each item and passes on
tours.add("cfia_workplace_verify", {
    steps: () => [
        click("Open the application", `${list("application_verify")}:contains(演示工作台核实有限公司)`),
        click("Turn to the checklist", ".o_notebook a.nav-link[name='checklist']"),
        {
            content: "Sign each item",
            trigger: `${widget("check_ids")} button[name='action_pass']`,
            timeout: 60000,
            async run({ click, queryAll, waitUntil }) {
                const buttons = () => queryAll(`${widget("check_ids")} button[name='action_pass']:enabled`);
                for (let left = buttons().length; left; left--) {
                    await waitUntil(() => buttons().length === left, { timeout: 10000 });
                    await click(buttons()[0]);
                }
            },
        },
        check(
            "All items are signed",
            `${widget("check_ids")}:has(.o_data_row):not(:has(button[name='action_pass']))`
        ),
        click("Pass on for signature", ".o_statusbar_buttons button[name='action_verify']"),
        left("action_verify"),
    ],
});

// The accountant claims a payment for the member that the software suggests
tours.add("cfia_workplace_claim", {
    steps: () => [
        click("Open the payment", `${list("money_claim")}:contains(演示工作台会员)`),
        check("The member is suggested", `.modal ${widget("partner_id")}`),
        {
            content: "It is the member",
            trigger: `.modal ${widget("partner_id")} input`,
            async run({ anchor, waitUntil }) {
                await waitUntil(() => anchor.value.includes("演示工作台会员有限公司"), { timeout: 5000 });
            },
        },
        confirm(),
        check(
            "It waits no longer",
            "body:not(:has(.modal)) .o_cfia_workplace:not(:has([data-list='money_claim'] .o_cfia_row:contains(演示工作台会员)))"
        ),
    ],
});

// The accountant sees what each side says and opens the records of a cause
tours.add("cfia_dues_reconcile", {
    steps: () => [
        check("What each side says", "[data-section='standing'] [data-figure='balance']"),
        click("Open the cause", "[data-section='differences'] [data-figure='bank_open']"),
        check("The bank line is among its records", ".o_action_manager .o_content:contains(演示不明)"),
    ],
});

// The training centre answers a need
tours.add("cfia_workplace_reply", {
    steps: () => [
        click("Open the need", `${list("need")}:contains(演示工作台需求)`),
        {
            content: "Write the reply",
            trigger: `.modal ${widget("reply")} .odoo-editor-editable`,
            run: "editor 演示答复：已安排培训",
        },
        click("Send the reply", ".modal .modal-footer button[name='action_send']"),
        confirm(),
        check(
            "It waits no longer",
            "body:not(:has(.modal)) .o_cfia_workplace:not(:has([data-list='need'] .o_cfia_row:contains(演示工作台需求)))"
        ),
    ],
});

// The member confirms on the portal that the data are right
tours.add("cfia_portal_confirm", {
    steps: () => [
        check("One answer is asked for", "[data-card='answer'] .text-primary:contains(1)"),
        { ...click("Open the survey", "#cfia_membership_answer a"), expectUnloadPage: true },
        { ...click("Everything is right", "button[name='answer'][value='no_change']"), expectUnloadPage: true },
        check("Thanks", "main:not(:has(button[value='no_change'])), #wrap:not(:has(button[value='no_change']))"),
    ],
});
