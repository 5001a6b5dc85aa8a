// @ts-check
/** Elements made in one line; text goes in as text, never as markup. */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Make an element.
 *
 * Of `props`, functions are listeners (`onclick`), `class`, `role`, `aria-*`, `data-*` and all else attributes;
 * true is an attribute without a value, false and null are none. `value`, `checked` and `disabled` are properties.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, props = {}, ...children) {
    return /** @type {HTMLElementTagNameMap[Tag]} */ (
        filled(document.createElement(tag), props, children)
    );
}

/**
 * Make an element of SVG; `props` as for `el`.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, props = {}, ...children) {
    return /** @type {SVGElementTagNameMap[Tag]} */ (
        filled(document.createElementNS('http://www.w3.org/2000/svg', tag), props, children)
    );
}

const PROPERTIES = new Set(['value', 'checked', 'disabled', 'selected', 'hidden', 'open']);

/**
 * @param {Element} element
 * @param {Record<string, any>} props
 * @param {Child[]} children
 */
function filled(element, props, children) {
    for (const [name, value] of Object.entries(props)) {
        if (typeof value === 'function') {
            element.addEventListener(name.replace(/^on/, '').toLowerCase(), value);
        } else if (PROPERTIES.has(name) && element instanceof HTMLElement) {
            /** @type {any} */ (element)[name] = value;
        } else if (value !== null && value !== undefined && value !== false) {
            element.setAttribute(name, value === true ? '' : String(value));
        }
    }
    element.append(...shown(children));
    return element;
}

/**
 * Put these in the place of what an element holds.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
    element.replaceChildren(...shown(children));
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function shown(children) {
    const kept = [];
    for (const child of children) {
        if (child instanceof Node) {
            kept.push(child);
        } else if (child !== null && child !== undefined && child !== false) {
            kept.push(String(child));
        }
    }
    return kept;
}

/**
 * The element of this id, which index.html has.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
    const found = document.getElementById(id);
    if (!found) {
        throw new Error(`index.html has no element with the id ${id}`);
    }
    return found;
}
