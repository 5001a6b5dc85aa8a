// @ts-check
/** The list of keys, and of what the mouse and fingers do. */

import { KEYS as ANNOTATION_KEYS } from './annotation-tools.js';
import { el } from './dom.js';
import { showDialog } from './dialogs.js';
import { KEYS } from './keys.js';
import { on } from './state.js';

const POINTERS = [
    { keys: 'Left button', what: 'The tool that is chosen' },
    { keys: 'Right button', what: 'Zoom' },
    { keys: 'Middle button', what: 'Pan' },
    { keys: 'Wheel', what: 'Slices; with Ctrl, zoom' },
    { keys: 'One finger', what: 'The tool that is chosen' },
    { keys: 'Two fingers', what: 'Zoom and pan' },
    { keys: 'Double click or tap', what: 'This image alone, or all again; on an arrow, its text' },
    { keys: 'Drag a series', what: 'Shows it where it is let go; with Shift, over what is there' },
];

/** Show it whenever it is asked for. */
export function startHelp() {
    on('help', () => {
        if (!document.querySelector('dialog[open]')) {
            showDialog(
                'Keys',
                el('div', { class: 'help' }, table('Keys', KEYS), table('Measuring', ANNOTATION_KEYS), table('Mouse and fingers', POINTERS)),
            );
        }
    });
}

/** @param {string} title @param {readonly {keys: string, what: string}[]} lines @returns {HTMLElement} */
function table(title, lines) {
    return el(
        'table',
        {},
        el('caption', {}, title),
        el(
            'tbody',
            {},
            ...lines.map(({ keys, what }) =>
                el('tr', {}, el('th', { scope: 'row' }, keys), el('td', {}, what)),
            ),
        ),
    );
}
