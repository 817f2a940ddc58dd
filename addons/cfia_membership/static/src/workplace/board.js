import { Component, onWillStart, useState } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { Figures } from "./figures";
import { useOpenRecords } from "./open_records";
import { WorkplaceChart } from "./workplace_chart";

/**
 * A board of one subject, in the look of the workplace: sections of figures, then charts.
 * The model that the action names gives all of it with one request.
 */
export class Board extends Component {
    static template = "cfia_membership.Board";
    static components = { Figures, Layout, WorkplaceChart };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.open = useOpenRecords();
        this.state = useState({ data: null });
        onWillStart(() => this.load());
    }

    async load() {
        this.state.data = await this.orm.call(this.props.action.params.model, "get_board", []);
    }

    get display() {
        return { controlPanel: {} };
    }
}

registry.category("actions").add("cfia_board", Board);
