import { registry } from "@web/core/registry";

// The public application form, from the first page until it was sent. The page speaks Chinese:
// triggers name fields, never labels.

const go = (content, trigger) => ({ content, trigger, run: "click", expectUnloadPage: true });
const edit = (name, value) => ({ content: `Fill in ${name}`, trigger: `#${name}`, run: `edit ${value}` });
const tick = (name) => ({ content: `Tick ${name}`, trigger: `#${name}:not(:checked)`, run: "click" });
const choose = (name, label) => ({
    content: `Choose ${name}`,
    trigger: `select#${name}`,
    run: `selectByLabel ${label}`,
});
const next = () => go("Go on", "button[name='go'][value='next']:not(.o_cfia_apply_trap)");
const fits = (page) => ({
    content: `The page ${page} fits`,
    trigger: `button[name='go'][value='${page}'][aria-current='step']`,
    run() {
        if (document.documentElement.scrollWidth > window.innerWidth) {
            throw new Error(`${document.documentElement.scrollWidth} > ${window.innerWidth}`);
        }
    },
});
const upload = (name, file) => ({
    content: `Choose a file for ${name}`,
    trigger: `#${name}`,
    async run({ anchor }) {
        const canvas = document.createElement("canvas");
        canvas.width = name.length * 10;
        canvas.height = 40;
        const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
        const files = new DataTransfer();
        files.items.add(new File([blob], file, { type: "image/png" }));
        anchor.files = files.files;
        anchor.dispatchEvent(new Event("change", { bubbles: true }));
    },
});

registry.category("web_tour.tours").add("cfia_apply", {
    steps: () => [
        edit("unit", "江苏演示旅程锻造有限公司"),
        edit("email", "journey@member.example"),
        tick("agree"),
        {
            content: "Read the page as people do",
            trigger: "form.o_cfia_apply_form",
            run: () => new Promise((resolve) => setTimeout(resolve, 3500)),
        },
        go("Begin", "form.o_cfia_apply_form[action='/cfia/apply'] button[type='submit']"),
        fits("unit"),
        edit("uscc", "91330000MADEM006X"),
        { content: "It says what is wrong", trigger: "#uscc_check.text-danger:contains(17)" },
        edit("uscc", "91330000MADEM006XE"),
        { content: "It is right", trigger: "#uscc_check.text-success" },
        next(),
        { content: "What is missing is told", trigger: "#cfia_errors a[href='#legal_representative']" },
        edit("legal_representative", "演示法人"),
        choose("ownership_id", "演示旅程经济类型"),
        choose("enterprise_category_id", "演示旅程类别甲"),
        choose("state_id", "江苏省"),
        edit("street", "演示路1号"),
        next(),
        fits("people"),
        edit("representative_name", "演示代表"),
        edit("representative_phone", "025-00000001"),
        edit("contact_name", "演示旅程联系人"),
        edit("contact_phone", "025-00000002"),
        next(),
        fits("business"),
        edit("main_products", "演示曲轴"),
        next(),
        fits("request"),
        edit("signatory", "演示负责人"),
        next(),
        fits("papers"),
        go("Go on too early", "button[name='go'][value='next']"),
        { content: "The commitment is asked for", trigger: "#cfia_errors a[href='#is_committed']" },
        tick("is_committed"),
        tick("is_informed"),
        upload("licence", "licence.png"),
        upload("sealed", "sealed.png"),
        go("Add the files", "section button[name='go'][value='papers']"),
        { content: "The licence is there", trigger: ".list-group-item:contains(licence.png)" },
        next(),
        fits("review"),
        go("Send", "button[name='go'][value='send']"),
        { content: "It arrived", trigger: "[data-phase='received']" },
    ],
});
