// Elements out of plain values. Text is always text: nothing here can make markup of what a file or a node says.

export type Child = Node | string | null | false | undefined | Child[];

type Attributes = Record<string, string | boolean | ((event: Event) => void)>;

/** An element; attributes that are functions listen, `true` stands alone, `false` is left out. */
export function el(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child) element.append(child);
  }
}

/** A name that is anybody's: isolated, so that its direction of writing ends where it ends. */
export function bdi(text: string, lang = ""): HTMLElement {
  return el("bdi", lang ? { lang } : {}, text);
}

const SVG = "http://www.w3.org/2000/svg";
const RING = "M12 2.8a9.2 9.2 0 1 1 0 18.4 9.2 9.2 0 0 1 0-18.4z";
const SHAPES: Record<string, string> = {
  valid: "M12 2.6 4.4 5.6v6c0 4.7 3.2 8.3 7.6 9.9 4.4-1.6 7.6-5.2 7.6-9.9v-6zM8.3 12.1l2.6 2.6 4.9-5.2",
  pending: `${RING}M12 6.8V12l3.4 2.2`,
  expired: "M5.7 4.8h12.6a2.4 2.4 0 0 1 2.4 2.4v11.2a2.4 2.4 0 0 1-2.4 2.4H5.7a2.4 2.4 0 0 1-2.4-2.4V7.2a2.4 2.4 0 0 1 2.4-2.4zM8 2.6v4.2M16 2.6v4.2M3.3 10h17.4m-10.9 3.3 4.4 4.4m0-4.4-4.4 4.4",
  revoked: `${RING}M5.7 5.7l12.6 12.6`,
  invalid: "M8.2 2.8h7.6l5.4 5.4v7.6l-5.4 5.4H8.2l-5.4-5.4V8.2zM9 9l6 6m0-6-6 6",
  unknown: `${RING}M9.3 9.4a2.8 2.8 0 1 1 4.3 2.4c-1 .6-1.6 1.2-1.6 2.3m0 2.9v.1`,
  pass: `${RING}M7.8 12.3l2.9 2.9 5.5-6`,
  fail: `${RING}M8.7 8.7l6.6 6.6m0-6.6-6.6 6.6`,
  wait: `${RING}M12 6.8V12l3.4 2.2`,
  warning: "M12 3.3 22 20.6H2zM12 9.8v5m0 2.9v.1",
  info: `${RING}M12 11v5.6m0-9.3v.1`,
  file: "M13.5 2.8H6.6A1.8 1.8 0 0 0 4.8 4.6v14.8a1.8 1.8 0 0 0 1.8 1.8h10.8a1.8 1.8 0 0 0 1.8-1.8V8.5zM13.5 2.8v5.7h5.7",
  link: "M10 14a4.5 4.5 0 0 0 6.4 0l3.2-3.2a4.5 4.5 0 0 0-6.4-6.4l-1.2 1.2M14 10a4.5 4.5 0 0 0-6.4 0l-3.2 3.2a4.5 4.5 0 0 0 6.4 6.4l1.2-1.2",
  nodes: "M12 3v6m0 0-6.5 8M12 9l6.5 8M9.8 5.2a2.2 2.2 0 1 1 4.4 0 2.2 2.2 0 0 1-4.4 0M3 18.8a2.2 2.2 0 1 1 4.4 0 2.2 2.2 0 0 1-4.4 0M16.600 18.8a2.2 2.2 0 1 1 4.4 0 2.2 2.2 0 0 1-4.4 0",
};

/** A drawing of the house's set; a word always stands beside it, so none is read aloud. */
export function icon(name: string, className = "icon"): SVGElement {
  const drawing = document.createElementNS(SVG, "svg");
  const attributes = {
    class: className,
    viewBox: "0 0 24 24",
    "aria-hidden": "true",
    focusable: "false",
    fill: "none",
    stroke: "currentColor",
    "stroke-width": "1.9",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
  };
  for (const [attribute, value] of Object.entries(attributes)) drawing.setAttribute(attribute, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name] ?? "");
  drawing.append(path);
  return drawing;
}
