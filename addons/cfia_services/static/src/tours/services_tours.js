import { _t } from "@web/core/l10n/translation";

import { addRoleTour, openMenu, pointTo } from "@cfia_membership/tours/role_tour";

const SERVICES = "cfia_services.cfia_services_menu";
const WAITING = "#cfia_workplace_waiting";

/** What the departments that receive change lists are shown first. */
function beginWithList() {
    return [
        pointTo(WAITING, _t("Your day begins here: lists to receive, needs to reply to.")),
        ...openMenu(
            SERVICES,
            "cfia_services.cfia_change_list_menu",
            _t("What your department does for members is under Services."),
            _t("Once a month: who is new and whose address changed. Read the list and confirm that you have it.")
        ),
    ];
}

addRoleTour("cfia_tour_editorial", () => [
    ...beginWithList(),
    ...openMenu(
        SERVICES,
        "cfia_services.cfia_magazine_issue_menu",
        _t("What your department does for members is under Services."),
        _t("Each issue freezes its list of addressees, one copy for each member.")
    ),
]);

addRoleTour("cfia_tour_network", () => [
    ...beginWithList(),
    ...openMenu(
        SERVICES,
        "cfia_services.cfia_website_vip_menu",
        _t("What your department does for members is under Services."),
        _t("VIP accounts to open, change or close on the website, until each is done.")
    ),
]);

addRoleTour("cfia_tour_training", () => [
    pointTo(WAITING, _t("Your day begins here: accounts to open, needs to reply to.")),
    ...openMenu(
        "cfia_membership.cfia_menu_members",
        "cfia_services.cfia_need_menu_staff",
        _t("Members and what they need stand here."),
        _t("Every need has a deadline: write the reply here, it is archived with its number.")
    ),
    ...openMenu(
        SERVICES,
        "cfia_services.cfia_entitlement_menu",
        _t("What your department does for members is under Services."),
        _t("Who may learn, how many lessons are left, and which accounts are to be opened.")
    ),
]);
