import { Component, onWillStart, useState } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { Figures } from "./figures";
import { useOpenRecords } from "./open_records";
import { WorkplaceChart } from "./workplace_chart";
import { WorkplaceRows } from "./workplace_rows";

const { DateTime } = luxon;

/**
 * The start screen of whoever works in the association: what waits for him, and the year at a glance.
 * All of it comes with one request; each number opens the records that were counted.
 */
export class Workplace extends Component {
    static template = "cfia_membership.Workplace";
    static components = { Figures, Layout, WorkplaceChart, WorkplaceRows };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.tour = useService("tour_service");
        this.open = useOpenRecords();
        this.state = useState({ data: null });
        onWillStart(() => this.load());
    }

    async load() {
        this.state.data = await this.orm.call("cfia.workplace", "get_workplace", []);
    }

    startTour() {
        return this.tour.startTour(this.state.data.tour, { mode: "manual", redirect: false });
    }

    get display() {
        return { controlPanel: {} };
    }

    get today() {
        return DateTime.fromISO(this.state.data.date).toLocaleString({
            year: "numeric",
            month: "long",
            day: "numeric",
            weekday: "long",
        });
    }

    get waiting() {
        return this.state.data.tiles.filter((tile) => tile.count);
    }

    get done() {
        return this.state.data.tiles.filter((tile) => !tile.count);
    }

    get lists() {
        return this.waiting.filter((tile) => tile.rows);
    }

    /**
     * Take the next step on a record: a dialog where there is one, else its form.
     */
    openRow(rows, record) {
        if (rows.method) {
            return this.action.doActionButton({
                type: "object",
                name: rows.method,
                resModel: rows.model,
                resId: record.id,
                // the title of the dialog comes in the user's language
                context: user.context,
                onClose: () => this.load(),
            });
        }
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: rows.model,
            res_id: record.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("cfia_workplace", Workplace);
