// @ts-check
/** Windows over the page that want an answer, or show more than a notice could. */

import { el } from './dom.js';
import { icon } from './icons.js';

/**
 * Show a dialog; it is gone when it is closed.
 * @param {string} title
 * @param {...import('./dom.js').Child} children
 * @returns {HTMLDialogElement}
 */
export function showDialog(title, ...children) {
    const dialog = el(
        'dialog',
        { class: 'dialog', 'aria-label': title },
        el(
            'header',
            {},
            el('h2', {}, title),
            el(
                'button',
                { type: 'button', class: 'icon-button', 'aria-label': 'Close', onclick: () => dialog.close() },
                icon('close'),
            ),
        ),
        el('div', { class: 'dialog-body' }, ...children),
    );
    dialog.addEventListener('close', () => dialog.remove());
    dialog.addEventListener('keydown', (event) => event.stopPropagation());
    dialog.addEventListener('click', (event) => {
        // The backdrop belongs to the dialog; its own area is covered by what it holds.
        if (event.target === dialog) {
            dialog.close();
        }
    });
    // Where an element fills the screen, only what is within it is seen; a modal dialog is over all.
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
}
