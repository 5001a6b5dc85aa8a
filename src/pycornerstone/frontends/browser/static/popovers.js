// @ts-check
/** Panels that a button opens below itself; they lie over everything and close by themselves. */

import { byId, el, fill } from './dom.js';
import { focusActive } from './commands.js';

/** @typedef {import('./dom.js').Child} Child */

/**
 * What a panel holds, made anew each time it is opened.
 * @typedef {object} Content
 * @property {Child[]} children
 * @property {HTMLElement|null} [focus] What gets the keys; else the first that can.
 * @property {() => void} [refresh] Called while it is open, after what is shown has changed.
 */

const FOCUSABLE = 'button:not([disabled]), input:not([disabled]), select, textarea, a[href]';
const MARGIN = 8;

/** @type {{panel: HTMLElement, refresh: (() => void)|undefined}|null} */
let opened = null;

/**
 * Let a button open a panel.
 * @param {HTMLButtonElement} button
 * @param {Record<string, any>} props Of the panel: its role, its class.
 * @param {() => Content} content
 * @returns {HTMLElement} The panel, which is in the page from now on.
 */
export function attachPanel(button, props, content) {
    const panel = el('div', {
        ...props,
        class: `panel ${props.class ?? ''}`,
        popover: 'auto',
        tabindex: -1, // For one that holds nothing to be pressed.
        'aria-label': button.getAttribute('aria-label'),
    });
    button.setAttribute('aria-haspopup', props.role);
    button.setAttribute('aria-expanded', 'false');
    button.popoverTargetElement = panel;
    /** @type {HTMLElement|null|undefined} */
    let first;
    panel.addEventListener('beforetoggle', (event) => {
        if (/** @type {ToggleEvent} */ (event).newState === 'open') {
            const made = content();
            fill(panel, ...made.children);
            first = made.focus;
            opened = { panel, refresh: made.refresh };
        } else if (opened?.panel === panel) {
            opened = null;
        }
    });
    panel.addEventListener('toggle', (event) => {
        const isOpen = /** @type {ToggleEvent} */ (event).newState === 'open';
        button.setAttribute('aria-expanded', String(isOpen));
        panel.classList.toggle('placed', isOpen);
        if (isOpen) {
            place(panel, button);
            (first ?? firstSeen(panel) ?? panel).focus();
        } else {
            fill(panel);
        }
    });
    // The page's keys are not meant while a panel has them.
    panel.addEventListener('keydown', (event) => event.stopPropagation());
    byId('head').append(panel);
    return panel;
}

/** @param {HTMLElement} panel @returns {HTMLElement|undefined} */
function firstSeen(panel) {
    const all = /** @type {HTMLElement[]} */ ([...panel.querySelectorAll(FOCUSABLE)]);
    return all.find((one) => one.checkVisibility());
}

/** Close the panel that is open. */
export function closePanel() {
    opened?.panel.hidePopover();
}

/**
 * Close it after something in it was chosen; with a mouse, the keys go back to the images.
 * @param {MouseEvent} event
 */
export function closeAfter(event) {
    closePanel();
    backToImages(event);
}

/**
 * Give keys to the images, unless it was a key that pressed the button.
 * @param {MouseEvent} event
 */
export function backToImages(event) {
    if (event.detail > 0) {
        focusActive();
    }
}

/** Bring the open panel up to date. */
export function refreshPanel() {
    opened?.refresh?.();
}

/**
 * Below the button, or where there is room.
 * @param {HTMLElement} panel
 * @param {HTMLElement} button
 */
function place(panel, button) {
    const from = button.getBoundingClientRect();
    const { width, height } = panel.getBoundingClientRect();
    const left = Math.min(from.left, innerWidth - width - MARGIN);
    const top = Math.min(from.bottom + 4, innerHeight - height - MARGIN);
    panel.style.left = `${Math.max(MARGIN, left)}px`;
    panel.style.top = `${Math.max(MARGIN, top)}px`;
}

addEventListener('resize', closePanel);
