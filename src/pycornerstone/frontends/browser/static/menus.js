// @ts-check
/** Menus: entries chosen with the mouse, a finger, the arrow keys, or the first letters. */

import { el } from './dom.js';
import { attachPanel, closeAfter } from './popovers.js';

/**
 * An entry of a menu; without `run` it is a heading.
 * @typedef {object} Entry
 * @property {string} text
 * @property {string} [detail] Said behind it, more faintly.
 * @property {Node} [picture] Before it.
 * @property {boolean} [checked] Whether it is the one that holds now; undefined if that does not apply.
 * @property {boolean} [disabled]
 * @property {() => void} [run]
 */

const FORGET_LETTERS = 700;

/**
 * Let a button open a menu.
 * @param {HTMLButtonElement} button
 * @param {() => Entry[]} entries
 * @param {number} [columns] In how many columns they stand, if in more than one.
 */
export function attachMenu(button, entries, columns = 1) {
    const panel = attachPanel(
        button,
        { role: 'menu', class: columns > 1 ? `menu in-${columns}` : 'menu' },
        () => {
            const made = entries().map(shown);
            const chosen = made.find((item) => item.getAttribute('aria-checked') === 'true');
            return { children: made, focus: chosen ?? null };
        },
    );
    let letters = '';
    let last = 0;
    const isWriting = (/** @type {KeyboardEvent} */ event) =>
        letters !== '' && event.timeStamp - last <= FORGET_LETTERS;
    panel.addEventListener('keydown', (event) => {
        const items = itemsOf(panel);
        const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
        const steps = stepsOf(event.key, columns, at, items.length);
        if (event.key === 'Tab') {
            panel.hidePopover();
        } else if (steps !== null) {
            event.preventDefault();
            items.at((at + steps + items.length) % items.length)?.focus();
        } else if (event.key.length === 1 && (event.key !== ' ' || isWriting(event))) {
            // A space within a name does not press.
            event.preventDefault();
            letters = isWriting(event) ? letters + event.key : event.key;
            last = event.timeStamp;
            // From the next one on if a letter is repeated, so that it goes through all that begin so.
            const from = letters.length === 1 ? at + 1 : Math.max(at, 0);
            const turned = [...items.slice(from), ...items.slice(0, from)];
            turned.find((item) => item.dataset.text?.startsWith(letters.toLowerCase()))?.focus();
        }
    });
    button.addEventListener('keydown', (event) => {
        if (event.key === 'ArrowDown' && !button.disabled) {
            event.preventDefault();
            event.stopPropagation();
            panel.showPopover();
        }
    });
}

/** @param {HTMLElement} panel @returns {HTMLElement[]} */
function itemsOf(panel) {
    return [...panel.querySelectorAll('button')].filter((item) => !item.disabled);
}

/**
 * How far a key goes through the entries; null if it does not.
 * @param {string} key
 * @param {number} columns
 * @param {number} at
 * @param {number} count
 * @returns {number|null}
 */
function stepsOf(key, columns, at, count) {
    switch (key) {
        case 'ArrowDown':
            return columns;
        case 'ArrowUp':
            return -columns;
        case 'ArrowRight':
            return columns > 1 ? 1 : null;
        case 'ArrowLeft':
            return columns > 1 ? -1 : null;
        case 'Home':
            return -at;
        case 'End':
            return count - 1 - at;
        default:
            return null;
    }
}

/** @param {Entry} entry @returns {HTMLElement} */
function shown({ text, detail, picture, checked, disabled, run }) {
    if (!run) {
        return el('div', { class: 'menu-heading', role: 'presentation' }, text);
    }
    return el(
        'button',
        {
            type: 'button',
            class: 'menu-item',
            role: checked === undefined ? 'menuitem' : 'menuitemradio',
            'aria-checked': checked === undefined ? null : String(checked),
            'data-text': text.toLowerCase(),
            tabindex: -1,
            disabled: disabled ?? false,
            onclick: (/** @type {MouseEvent} */ event) => {
                closeAfter(event);
                run();
            },
        },
        picture,
        el('span', { class: 'menu-text' }, text),
        detail && el('span', { class: 'menu-detail' }, detail),
    );
}
