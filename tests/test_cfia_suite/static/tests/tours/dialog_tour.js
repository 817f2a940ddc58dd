import { registry } from "@web/core/registry";

// The dialogs of a member's form, as the organisation department opens them.

const STEP_TIMEOUT = 60000;

const addTour = (name, getSteps) =>
    registry.category("web_tour.tours").add(name, {
        steps: () => getSteps().map((step) => ({ timeout: STEP_TIMEOUT, ...step })),
    });

const click = (content, trigger) => ({ content, trigger, run: "click" });
const check = (content, trigger) => ({ content, trigger });
const openDialog = (title) => [
    click("Open the menu of actions", ".o_control_panel .o_cp_action_menus .dropdown-toggle:has(.fa-cog)"),
    click(`Choose ${title}`, `.o-dropdown--menu .o-dropdown-item:contains(/^${title}$/)`),
    check(`${title} is there`, `.modal .modal-title:contains(${title})`),
];
const closeDialog = () => [
    click("Close", ".modal .modal-footer [special='cancel'], .modal .modal-footer .o_form_button_cancel"),
    check("It is closed", "body:not(:has(.modal))"),
];
const contact = (name) => `.modal .o_field_widget[name='contact_ids'] .o_data_row:contains(${name})`;
const openReport = () => [
    {
        content: "Unfold the buttons that have no room",
        trigger: ".o-form-buttonbox button",
        run() {
            document.querySelector(".o_button_more")?.click();
        },
    },
    click("Open the report", "button[name='action_report_change']"),
    check("It is there", ".modal .o_field_widget[name='contact_ids']"),
];
const report = (labels) => [
    click("Report", ".modal .modal-footer button[name='action_file']"),
    {
        content: "Just what was changed is on the request",
        trigger: ".o_form_view .o_field_widget[name='line_ids'] .o_data_row",
        run() {
            const found = [...document.querySelectorAll(".o_field_widget[name='line_ids'] .o_data_row")];
            const texts = found.map((row) => row.textContent);
            if (texts.length !== labels.length || labels.some((label, i) => !texts[i].includes(label))) {
                throw new Error(`The request holds ${JSON.stringify(texts)}, not ${labels}`);
            }
        },
    },
];

addTour("cfia_dialogs_of_members", () => [
    ...["离会或恢复", "签发证书"].flatMap((title) => [
        ...openDialog(title),
        check("It holds the unit", ".modal .o_field_widget[name='partner_ids'] .o_tag"),
        ...closeDialog(),
    ]),
]);

addTour("cfia_dialog_new_telephone", () => [
    ...openReport(),
    click("Choose the telephone", `${contact("演示变更甲")} [name='phone']`),
    {
        content: "Enter the new one",
        trigger: ".modal .o_selected_row [name='phone'] input",
        run: "edit 025-1234 5678",
    },
    ...report(["025-1234 5678"]),
]);

addTour("cfia_dialog_left", () => [
    ...openReport(),
    click("Choose the person", `${contact("演示变更乙")} [name='function']`),
    click("He left", ".modal .o_selected_row [name='has_left'] input"),
    check("It says so", ".modal .o_field_widget[name='contact_ids'] .o_selected_row [name='has_left'] input:checked"),
    ...report(["演示变更乙"]),
]);
