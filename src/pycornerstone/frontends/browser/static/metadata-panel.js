// @ts-check
/** What is known of the image that the active cell shows, searched as it is typed. */

import { byId, el, fill } from './dom.js';
import { icon } from './icons.js';
import { activeCell, app, ask, on } from './state.js';

/** @typedef {import('./messages.js').MetadataRow} MetadataRow */

/** After the last key, or the last slice, before the server is asked. */
const WAITS = 200;
/** A header may have thousands; so many are drawn at once. */
const AT_ONCE = 500;

/** @type {HTMLInputElement} */
let search;
/** @type {HTMLElement} */
let rows;
/** @type {HTMLElement} */
let count;
/** Of which image and search what is shown is. */
let shown = '';
/** @type {ReturnType<typeof setTimeout>|undefined} */
let later;

/** Make the panel; it is closed at first. */
export function start() {
    const panel = byId('metadata-panel');
    search = el('input', {
        type: 'search',
        placeholder: 'Name, tag or value',
        'aria-label': 'Search the metadata by name, tag or value',
        autocomplete: 'off',
        spellcheck: 'false',
        oninput: soon,
    });
    rows = el('div', { class: 'metadata-rows', tabindex: 0, role: 'region', 'aria-label': 'Metadata of the image' });
    count = el('p', { class: 'soft metadata-count', role: 'status' });
    fill(
        panel,
        el(
            'header',
            { class: 'panel-header' },
            el('h1', { class: 'panel-title' }, 'Metadata'),
            el(
                'button',
                { type: 'button', class: 'icon-button', 'aria-label': 'Close the metadata', onclick: toggleMetadata },
                icon('close'),
            ),
        ),
        el('div', { class: 'search' }, icon('search'), search),
        count,
        rows,
    );
    panel.addEventListener('keydown', (event) => {
        // In the field, the first one empties it.
        if (event.key === 'Escape' && (event.target !== search || search.value === '')) {
            event.stopPropagation();
            toggleMetadata();
        }
    });
    on('frame', ({ cell }) => cell === app.activeCell && soon());
    on('active', soon);
    on('empty', soon);
    on('texts', soon);
    on('connection', (connection) => {
        if (connection === 'open') {
            shown = '';
            soon();
        }
    });
}

/** Open it, or close it. */
export function toggleMetadata() {
    const panel = byId('metadata-panel');
    panel.hidden = !panel.hidden;
    if (panel.hidden) {
        // The keys must not be lost with what had them.
        /** @type {HTMLElement|null} */ (document.querySelector('#toolbar [aria-label="Metadata"]'))?.focus();
    } else {
        shown = '';
        void refresh();
        search.focus();
    }
}

/** Ask anew when nothing has changed for a moment: not for each slice of a run. */
function soon() {
    if (byId('metadata-panel').hidden || wanted() === shown) {
        return;
    }
    clearTimeout(later);
    later = setTimeout(() => void refresh(), WAITS);
}

/** @returns {string} What the panel should be of. */
function wanted() {
    const cell = activeCell();
    const state = cell?.state;
    if (app.textsHidden || !cell || !state) {
        return app.textsHidden ? 'hidden' : 'nothing';
    }
    return JSON.stringify([cell.index, state.series, state.imageId ?? state.sliceIndex, search.value]);
}

async function refresh() {
    const cell = activeCell();
    const asked = wanted();
    shown = asked;
    if (app.textsHidden || !cell?.state) {
        count.textContent = '';
        fill(rows, el('p', { class: 'soft' }, app.textsHidden ? 'Texts are hidden.' : 'No image is shown.'));
        return;
    }
    try {
        const { metadata } = await ask({ type: 'AskMetadata', cell: cell.index, text: search.value.trim() });
        if (shown === asked) {
            show(metadata ?? []);
        }
    } catch (error) {
        if (shown === asked) {
            count.textContent = '';
            fill(rows, el('p', { class: 'soft' }, error instanceof Error ? error.message : String(error)));
        }
    }
}

/**
 * @param {MetadataRow[]} found
 * @param {number} [most]
 */
function show(found, most = AT_ONCE) {
    count.textContent = found.length === 1 ? '1 entry' : `${found.length} entries`;
    /** @type {Map<string, MetadataRow[]>} */
    const groups = new Map();
    for (const row of found.slice(0, most)) {
        const group = groups.get(row.group) ?? [];
        groups.set(row.group, group);
        group.push(row);
    }
    const more =
        found.length > most &&
        el(
            'button',
            { type: 'button', class: 'wide-button', onclick: () => show(found, Infinity) },
            `Show ${found.length - most} more`,
        );
    fill(rows, ...[...groups].map(([group, of]) => table(group, of)), more);
    rows.scrollTop = 0;
}

/** @param {string} group @param {MetadataRow[]} of @returns {HTMLElement} */
function table(group, of) {
    return el(
        'table',
        { class: 'metadata' },
        group && el('caption', {}, group),
        el(
            'tbody',
            {},
            ...of.map(({ name, value }) =>
                el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, value)),
            ),
        ),
    );
}
