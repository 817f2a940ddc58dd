import { _t } from "@web/core/l10n/translation";

import { addRoleTour, openMenu, pointTo } from "./role_tour";

const ADMISSION = "cfia_membership.cfia_menu_admission";
const MEMBERS = "cfia_membership.cfia_menu_members";
const REPORTING = "cfia_membership.cfia_menu_reporting";
const CONFIGURATION = "cfia_membership.cfia_menu_configuration";
const WAITING = "#cfia_workplace_waiting";

addRoleTour("cfia_tour_staff", () => [
    pointTo(WAITING, _t("Your day begins here: what waits for you. Each number opens its records.")),
    ...openMenu(
        ADMISSION,
        "cfia_membership.cfia_enquiry_menu",
        _t("Whoever asks about membership is entered under Admission."),
        _t("Enter who asked, give out the form and the guide, and note what comes next.")
    ),
    ...openMenu(
        MEMBERS,
        "cfia_membership.res_partner_member_menu",
        _t("Members and what changes with them stand here."),
        _t("Look up a member by name, number or USCC. What has changed you report with “Report a Change” on its form.")
    ),
]);

addRoleTour("cfia_tour_organisation", () => [
    pointTo(WAITING, _t("Your day begins here: what waits for you. Each number opens its records.")),
    ...openMenu(
        ADMISSION,
        "cfia_membership.cfia_membership_application_menu",
        _t("From the first question to the parcel with the certificate: all of it is under Admission."),
        _t("Verify each item of the checklist here, then forward the application to the secretary-general.")
    ),
    ...openMenu(
        MEMBERS,
        "cfia_membership.cfia_change_request_menu",
        _t("Register, files, changes and surveys are under Members."),
        _t("What departments and members report waits here until you have verified it.")
    ),
    ...openMenu(
        REPORTING,
        "cfia_membership.cfia_obligation_menu_board",
        _t("Figures and reports are under Reporting."),
        _t("The duties of the regulation: what is met, due and overdue.")
    ),
]);

addRoleTour("cfia_tour_secretary_general", () => [
    pointTo(WAITING, _t("What waits for your signature stands here: open it, look at the form, sign.")),
    ...openMenu(
        ADMISSION,
        "cfia_membership.cfia_signing_authority_menu",
        _t("Applications and authorities are under Admission."),
        _t("When you are away, grant a deputy the signature for some days here.")
    ),
    ...openMenu(
        REPORTING,
        "cfia_membership.cfia_obligation_menu_board",
        _t("Figures and reports are under Reporting."),
        _t("The duties of the regulation: what is met, due and overdue.")
    ),
]);

addRoleTour("cfia_tour_leader", () => [
    pointTo("#cfia_workplace_year", _t("The year at a glance: click a number or a bar to see what stands behind it.")),
    ...openMenu(
        REPORTING,
        "cfia_membership.cfia_statistics_menu",
        _t("Figures and reports are under Reporting."),
        _t("The released statistics of each quarter, as PDF and spreadsheet.")
    ),
]);

addRoleTour("cfia_tour_auditor", () => [
    pointTo("#cfia_workplace_year", _t("The year at a glance: click a number or a bar to see what stands behind it.")),
    ...openMenu(
        REPORTING,
        "cfia_membership.cfia_disclosure_menu",
        _t("You read everything and change nothing. Figures and records are under Reporting."),
        _t("Who received members' data, when and why.")
    ),
    ...openMenu(
        REPORTING,
        "cfia_membership.cfia_repair_menu",
        _t("Figures and reports are under Reporting."),
        _t("What the manager has repaired in numbers, events and files.")
    ),
]);

addRoleTour("cfia_tour_manager", () => [
    pointTo(WAITING, _t("Your day begins here: what waits for you. Each number opens its records.")),
    ...openMenu(
        CONFIGURATION,
        "cfia_membership.cfia_golive_menu",
        _t("Settings of the member work are under Configuration."),
        _t("Go live step by step: each step shows what is done and what blocks it.")
    ),
    ...openMenu(
        CONFIGURATION,
        "cfia_membership.cfia_department_menu",
        _t("Settings of the member work are under Configuration."),
        _t("Departments and their staff: duties, lists and calls go to them.")
    ),
]);
