import { _t } from "@web/core/l10n/translation";

import { addRoleTour, openMenu, pointTo } from "@cfia_membership/tours/role_tour";

const DUES = "cfia_dues.cfia_dues_menu";

addRoleTour("cfia_tour_accountant", () => [
    pointTo("#cfia_workplace_waiting", _t("Your day begins here: money to claim, receipts to issue, dues to bill.")),
    ...openMenu(
        DUES,
        "cfia_dues.cfia_dues_run_menu",
        _t("Billing, matching and receipts are under Dues."),
        _t("Bill the dues of a year for all members in one run; running twice bills nothing twice.")
    ),
    ...openMenu(
        DUES,
        "cfia_dues.cfia_dues_receipt_menu",
        _t("Billing, matching and receipts are under Dues."),
        _t("Lines of the bank that no member was found for wait here to be claimed.")
    ),
]);

addRoleTour("cfia_tour_treasurer", () => [
    pointTo("#cfia_workplace_waiting", _t("What waits for your decision stands here.")),
    ...openMenu(
        DUES,
        "cfia_dues.cfia_dues_dashboard_menu",
        _t("All that concerns money is under Dues."),
        _t("Income against plan, arrears and what is still to do, each number a click to its records.")
    ),
    ...openMenu(
        DUES,
        "cfia_dues.cfia_dues_relief_menu",
        _t("All that concerns money is under Dues."),
        _t("Requests for waiver and deferral wait here for the decision.")
    ),
]);
