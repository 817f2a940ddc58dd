import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { stepUtils } from "@web_tour/tour_utils";

// One member's way from his question to the quarterly figures, one tour for each who works on it.
// The client speaks Chinese here: triggers name records and fields, never labels.

const UNIT = "江苏演示旅程锻造有限公司";
const PAYER = "演示旅程付款人";
const CATEGORY_ASKED = "演示旅程类别甲";
const CATEGORY_CONFIRMED = "演示旅程类别乙";

// what the server needs under load; a step that is ready does not wait for it
const STEP_TIMEOUT = 60000;
const ACT_TIMEOUT = 45000;

const addTour = (name, getSteps) =>
    registry.category("web_tour.tours").add(name, {
        steps: () => getSteps().map((step) => ({ timeout: STEP_TIMEOUT, ...step })),
    });

const check = (content, trigger) => ({ content, trigger });
const isChinese = () => ({
    content: "The client is in Chinese",
    trigger: ".o_main_navbar",
    run() {
        if (user.lang !== "zh-CN") {
            throw new Error(`The client is in ${user.lang}`);
        }
    },
});
const click = (content, trigger) => ({ content, trigger, run: "click" });
const widget = (name) => `.o_field_widget[name='${name}']`;
const edit = (name, value) => ({
    content: `Fill in ${name}`,
    trigger: `${widget(name)} :is(input, textarea)`,
    run: `edit ${value}`,
});
/** Choose the first record found for `value`. */
const choose = (name, value) => [
    edit(name, value),
    click(
        `Choose ${name}`,
        `.o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option):contains(${value})`
    ),
];
const page = (name) => click(`Turn to the page ${name}`, `.o_notebook a.nav-link[name='${name}']`);
const button = (name) => click(`Press ${name}`, `.o_statusbar_buttons button[name='${name}']`);
const confirm = () => click("Confirm", ".modal:not(.o_inactive_modal) .modal-footer .btn-primary");
const state = (value) =>
    check(`It is ${value}`, `.o_arrow_button_current[data-value='${value}']`);
const row = (text) => `.o_data_row:contains(${text})`;
const open = (text) => click(`Open ${text}`, `${row(text)} .o_data_cell:contains(${text})`);

/** Choose from a menu of the suite and wait for the view with `landmark`. */
const goTo = (section, item, landmark) => [
    click("Open the section", `.o_menu_sections [data-menu-xmlid='${section}']`),
    click("Open the view", `.o-dropdown--menu [data-menu-xmlid='${item}']`),
    check("The view is there", landmark),
];
const column = (name) => `.o_list_view th[data-name='${name}']`;
/** Open the suite and go to a view. */
const start = (...args) => [
    isChinese(),
    ...stepUtils.goToAppSteps("cfia_membership.cfia_menu_root", "Open the suite"),
    ...goTo(...args),
];
const enquiries = ["cfia_membership.cfia_menu_admission", "cfia_membership.cfia_enquiry_menu", column("channel")];
const applications = ["cfia_membership.cfia_menu_admission", "cfia_membership.cfia_membership_application_menu", ".o_kanban_view"];
const dues = ["cfia_dues.cfia_dues_menu", "cfia_dues.cfia_dues_line_menu", column("amount_residual")];
const receipts = ["cfia_dues.cfia_dues_menu", "cfia_dues.cfia_dues_receipt_menu", column("dues_match")];
const changeLists = ["cfia_services.cfia_services_menu", "cfia_services.cfia_change_list_menu", column("line_count")];
const quarters = ["cfia_membership.cfia_menu_reporting", "cfia_membership.cfia_member_quarter_report_menu", ".o_pivot"];

// (a) Any department records the enquiry and hands over form and guide,
// (b) enters the application that comes back, with the licence, and forwards it
addTour("cfia_journey_staff", () => [
    ...start(...enquiries),
    click("New enquiry", ".o_list_button_add"),
    edit("name", UNIT),
    edit("contact_name", "演示旅程联系人"),
    edit("phone", "025-0000 0000"),
    edit("email", "journey@member.example"),
    ...choose("state_id", "江苏"),
    ...choose("enterprise_category_id", CATEGORY_ASKED),
    ...stepUtils.saveForm(),
    button("action_hand_over"),
    check("It was handed over", widget("date_handed_over")),
    button("action_create_application"),
    check("The application knows the unit", `.o_form_view ${widget("grade_id")}`),
    ...choose("ownership_id", "演示旅程经济类型"),
    edit("legal_representative", "演示法人"),
    edit("staff_count", "320"),
    edit("annual_revenue", "15000"),
    edit("street", "演示路1号"),
    edit("zip", "210000"),
    page("people"),
    edit("representative_name", "演示代表"),
    edit("magazine_recipient", "演示收件人"),
    page("consent"),
    click("The unit commits itself", `${widget("is_committed")} input`),
    click("The persons were informed", `${widget("is_informed")} input`),
    {
        content: "Attach the licence",
        trigger: `${widget("attachment_ids")} .o_attach`,
        run({ anchor }) {
            const input = anchor.closest(".o_file_input").querySelector("input[type='file']");
            const files = new DataTransfer();
            files.items.add(new File(["licence"], "licence.txt", { type: "text/plain" }));
            input.files = files.files;
            input.dispatchEvent(new Event("change", { bubbles: true }));
        },
    },
    check("The licence is there", `${widget("attachment_ids")} .o_attachment:contains(licence)`),
    ...stepUtils.saveForm(),
    button("action_submit"),
    state("submitted"),
]);

// (c) The organisation department signs each item of the checklist and passes on
addTour("cfia_journey_organisation", () => [
    ...start(...applications),
    click("Open the application", `.o_kanban_record:contains(${UNIT})`),
    check("The licence is attached", `${widget("attachment_ids")} .o_attachment:contains(licence)`),
    page("checklist"),
    {
        content: "Sign each item",
        trigger: `${widget("check_ids")} button[name='action_pass']`,
        async run({ click, queryAll, waitUntil }) {
            const buttons = () =>
                queryAll(`${widget("check_ids")} button[name='action_pass']:enabled`);
            for (let left = buttons().length; left; left--) {
                await waitUntil(() => buttons().length === left, { timeout: ACT_TIMEOUT });
                await click(buttons()[0]);
            }
        },
    },
    check(
        "All items are signed",
        `${widget("check_ids")}:has(.o_data_row):not(:has(button[name='action_pass']))`
    ),
    button("action_verify"),
    state("verified"),
]);

// (c) The secretary-general finds it in his activities, sets the category and signs
addTour("cfia_journey_secretary_general", () => [
    isChinese(),
    click("Open the activities", ".o_menu_systray button:has(.fa-clock-o)"),
    click(
        "Those of the next days",
        ".o-mail-ActivityGroup[data-model_name='cfia.membership.application'] span:last-child"
    ),
    check("Only those are shown", ".o_searchview_facet .o_facet_value"),
    open(UNIT),
    button("action_sign"),
    {
        content: "Correct the category",
        trigger: `.modal ${widget("enterprise_category_id")} input`,
        run: `edit ${CATEGORY_CONFIRMED}`,
    },
    click(
        "Choose it",
        `.o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option):contains(${CATEGORY_CONFIRMED})`
    ),
    confirm(),
    state("approved"),
    check("The member has a number", ".o_form_view [name='action_view_partner'] :contains(CFIA-)"),
]);

// (e) The accountant sees dues and invoice, (f) matches the bank's line and sees the dues paid
addTour("cfia_journey_accountant", () => [
    ...start(...dues),
    open(UNIT),
    state("billed"),
    click("Open the invoice", "button[name='action_view_invoice']"),
    check("It is an invoice", `.o_form_view ${widget("invoice_line_ids")}`),
    state("posted"),
    ...goTo(...receipts),
    click("Select the receipt", `${row(PAYER)} .o_list_record_selector input`),
    click("Match", ".o_control_panel button[name='action_match_dues']"),
    check("It no longer waits", `.o_list_view:not(:has(${row(PAYER)}))`),
    ...goTo(...dues),
    open(UNIT),
    state("paid"),
]);

// (g) Dues, services and file stand on the form in contacts
addTour("cfia_journey_contacts", () => [
    isChinese(),
    ...stepUtils.goToAppSteps("contacts.menu_contacts", "Open contacts"),
    { content: "Search", trigger: ".o_searchview_input", run: `edit ${UNIT}` },
    { content: "Search", trigger: ".o_searchview_input", run: "press Enter" },
    check("It is searched", ".o_searchview .o_facet_value"),
    click("Open the unit", `.o_data_cell[name='complete_name']:text(${UNIT})`),
    page("membership"),
    check("He has a number", `${widget("member_number")}:contains(CFIA-)`),
    page("dues"),
    check("The dues are paid", `${widget("dues_line_ids")} .o_data_row .text-bg-success`),
    page("services"),
    check("Services are open", `${widget("entitlement_ids")} .o_data_row .text-bg-success`),
    click("Open the file", "button[name='action_view_member_file']"),
    check("The licence is in the file", `${widget("paper_ids")} .o_data_row:contains(licence)`),
]);

// (h) The editorial department receives the month's list with him
addTour("cfia_journey_editorial", () => [
    ...start(...changeLists),
    click("Open the list", ".o_data_row .o_data_cell[name='name']"),
    check("He is new on it", `${widget("line_ids")} ${row(UNIT)} .text-bg-success`),
    button("action_receive"),
    confirm(),
    state("received"),
]);

// (i) The member finds number, certificate, dues and services on the portal
addTour("cfia_journey_member", () => [
    { ...click("Open the membership", "a[href='/my/membership']"), expectUnloadPage: true },
    check("It is his unit", `h1:contains(${UNIT})`),
    check("He has a number", "dd:contains(CFIA-)"),
    check("His certificate is valid", ".card:has(a[href^='/my/membership/documents/']) .text-bg-success"),
    check("His dues are paid", "#cfia_dues_block tr:has(a[href^='/my/membership/documents/']) .text-bg-success"),
    check("The portal is in Chinese", "#cfia_services_block h2:contains(服务)"),
    check("His services are open", "#cfia_services_block .text-bg-success"),
]);

// (j) The leader compares the running quarter, which has the two who joined, with the one before
let members;
const total = ".o_pivot tbody tr:first .o_pivot_cell_value:last .o_value";
const read = (anchor) => Number(anchor.textContent.replace(/\D/g, ""));
addTour("cfia_journey_leader", () => [
    ...start(...quarters),
    check("His category is shown", `.o_pivot tbody th:contains(${CATEGORY_CONFIRMED})`),
    {
        content: "Members of this quarter",
        trigger: total,
        run({ anchor }) {
            members = read(anchor);
        },
    },
    click("Open the filters", ".o_searchview_dropdown_toggler"),
    click("Without this quarter", ".o_filter_menu .o_menu_item:eq(0)"),
    click("With the last quarter", ".o_filter_menu .o_menu_item:eq(1)"),
    {
        content: "Members of last quarter",
        trigger: total,
        async run({ queryFirst, waitUntil }) {
            // the pivot is drawn anew on the way
            await waitUntil(
                () => {
                    const anchor = queryFirst(total);
                    return anchor && read(anchor) === members - 2;
                },
                { timeout: ACT_TIMEOUT }
            );
        },
    },
    check("Only the member of old has that category", `.o_pivot tbody th:contains(${CATEGORY_CONFIRMED})`),
]);
