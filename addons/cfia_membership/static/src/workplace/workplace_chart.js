import { Component, onMounted, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";

import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getColor, getCustomColor } from "@web/core/colors/colors";
import { getCurrency } from "@web/core/currency";
import { user } from "@web/core/user";

// tone → its place among the colours of core's charts, which suit bright and dark screens
const TONES = { primary: 0, danger: 1, success: 2, warning: 3, info: 4 };

/**
 * A chart whose every bar opens what it counts; its figures stand below it as a table, for the keyboard
 * and for who does not see it.
 */
export class WorkplaceChart extends Component {
    static template = "cfia_membership.WorkplaceChart";
    static props = { chart: Object, currencyId: { type: Number, optional: true }, open: Function };

    setup() {
        this.canvas = useRef("canvas");
        this.state = useState({ isLoaded: false });
        this.colorScheme = cookie.get("color_scheme");
        // the figures come first, the library later
        onMounted(async () => {
            await loadBundle("web.chartjs_lib");
            this.state.isLoaded = true;
        });
        useEffect(
            (isLoaded) => {
                if (isLoaded && this.canvas.el) {
                    this.instance = new Chart(this.canvas.el, this.getConfig());
                    return () => this.instance.destroy();
                }
            },
            () => [this.state.isLoaded, this.props.chart]
        );
        onWillUnmount(() => (this.state.isLoaded = false));
    }

    get isEmpty() {
        return this.props.chart.series.every((series) => series.values.every((value) => !value));
    }

    get isRound() {
        return this.props.chart.type === "doughnut";
    }

    get isHorizontal() {
        return this.props.chart.type === "hbar";
    }

    get height() {
        const { is_grouped, labels, series } = this.props.chart;
        const thickness = is_grouped ? 0.9 * series.length + 0.6 : 2.1;
        return this.isHorizontal ? Math.max(9, thickness * labels.length + 2) : 15;
    }

    getColor(tone) {
        if (tone === "muted") {
            return getCustomColor(this.colorScheme, "#A4A8B6", "#7E8290");
        }
        return getColor(TONES[tone] ?? 0, this.colorScheme, "sm");
    }

    /**
     * Format a value as people read it; in Chinese large amounts are counted in 万.
     */
    format(value) {
        const locale = user.lang || "en-US";
        if (!this.props.chart.is_money) {
            return new Intl.NumberFormat(locale).format(value);
        }
        const symbol = getCurrency(this.props.currencyId)?.symbol || "";
        const number = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 2 });
        return symbol + number.format(value);
    }

    getConfig() {
        const { chart } = this.props;
        const text = getCustomColor(this.colorScheme, "#374151", "#D1D5DB");
        const grid = getCustomColor(this.colorScheme, "rgba(0,0,0,.08)", "rgba(255,255,255,.1)");
        const isGrowth = chart.type === "growth";
        const isStacked = isGrowth || (chart.series.length > 1 && !chart.is_grouped);
        const axis = (options = {}) => ({
            stacked: isStacked,
            grid: { color: grid, drawTicks: false },
            border: { display: false },
            ticks: { color: text, padding: 6, precision: 0, ...options },
        });
        const values = axis({ callback: (value) => this.format(isGrowth ? Math.abs(value) : value) });
        const labels = { ...axis({ autoSkip: !this.isHorizontal }), grid: { display: false } };
        const scales = this.isHorizontal ? { x: values, y: labels } : { x: labels, y: values };
        if (isGrowth) {
            scales.standing = {
                position: "right",
                grid: { display: false },
                border: { display: false },
                grace: "10%",
                ticks: { color: text, precision: 0, callback: (value) => this.format(value) },
            };
        }
        return {
            type: this.isRound ? "doughnut" : "bar",
            data: { labels: chart.labels.map((label) => label.split("\n")), datasets: chart.series.map((series) => this.getDataset(series)) },
            options: {
                indexAxis: this.isHorizontal ? "y" : "x",
                maintainAspectRatio: false,
                animation: false,
                scales: this.isRound ? {} : scales,
                cutout: "62%",
                plugins: {
                    legend: {
                        display: this.isRound || chart.series.length > 1,
                        position: this.isRound && !this.env.isSmall ? "right" : "bottom",
                        labels: { color: text, boxWidth: 12, boxHeight: 12 },
                    },
                    tooltip: {
                        callbacks: {
                            label: (item) =>
                                ` ${this.isRound ? item.label : item.dataset.label}: ${this.format(
                                    chart.series[item.datasetIndex].values[item.dataIndex]
                                )}`,
                        },
                    },
                },
                onHover: (event, elements) => {
                    event.native.target.style.cursor = this.getAction(elements) ? "pointer" : "default";
                },
                onClick: (_event, elements) => {
                    const action = this.getAction(elements);
                    if (action) {
                        this.props.open(action);
                    }
                },
            },
        };
    }

    getDataset(series) {
        const { chart } = this.props;
        if (chart.type === "growth" && series === chart.series.at(-1)) {
            const color = this.getColor(series.tone);
            return {
                type: "line",
                label: series.label,
                data: series.values,
                yAxisID: "standing",
                borderColor: color,
                backgroundColor: color,
                borderWidth: 2,
                pointRadius: 3,
                order: -1,
            };
        }
        // who left goes downwards
        const sign = chart.type === "growth" && series.tone === "danger" ? -1 : 1;
        return {
            label: series.label,
            data: series.values.map((value) => sign * value),
            backgroundColor: series.tones
                ? series.tones.map((tone) => this.getColor(tone))
                : this.getColor(series.tone),
            borderWidth: 0,
            borderRadius: this.isRound ? 0 : 3,
            maxBarThickness: chart.is_grouped ? 11 : this.isHorizontal ? 18 : 36,
        };
    }

    getAction(elements) {
        const [element] = elements;
        return element && this.props.chart.series[element.datasetIndex].actions?.[element.index];
    }
}
