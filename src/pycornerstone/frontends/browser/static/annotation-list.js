// @ts-check
/** The list of the measurements beside the images: to choose one, to save them, and to read them again. */

import { LONGEST_FILE, read, table, written } from './annotation-files.js';
import { statisticsOf } from './annotation-statistics.js';
import { annotations } from './annotation-store.js';
import { byId, el, fill } from './dom.js';
import { icon } from './icons.js';
import { statisticsLines } from './measures.js';
import { activeCell, app, emit, on, send, setActive } from './state.js';
import { TOOL_OF } from './tools.js';
import { isShown } from './world.js';

/** @typedef {import('./annotations.js').Annotation} Annotation */
/** @typedef {import('./icons.js').IconName} IconName */

/** So many are listed; a file may bring thousands. */
const AT_ONCE = 300;
const PLANES = ['axial', 'sagittal', 'coronal', 'acquisition'];

/** @type {HTMLElement} */
let list;
/** Buttons that are of use only when there is something. @type {[HTMLButtonElement, () => boolean][]} */
const buttons = [];
/** @type {HTMLInputElement} */
let chooser;

/** Make the panel; it is closed at first. */
export function start() {
    const panel = byId('annotation-list');
    list = el('ul', { class: 'measurements', 'aria-label': 'Measurements' });
    chooser = el('input', {
        type: 'file',
        accept: '.json,application/json',
        hidden: true,
        'aria-label': 'A file of measurements',
        onchange: () => void opened(),
    });
    const isAny = () => annotations.all.length > 0;
    fill(
        panel,
        el(
            'header',
            { class: 'panel-header' },
            el('h1', { class: 'panel-title' }, 'Measurements'),
            el(
                'button',
                { type: 'button', class: 'icon-button', 'aria-label': 'Close the measurements', onclick: close },
                icon('close'),
            ),
        ),
        el(
            'div',
            { class: 'measurement-actions', role: 'group', 'aria-label': 'Of all measurements' },
            action('Undo', () => annotations.undo(), () => annotations.canUndo),
            action('Redo', () => annotations.redo(), () => annotations.canRedo),
            action('Clear', () => annotations.clear(), isAny),
            action('Open …', () => chooser.click(), () => true),
            action('Save JSON', saveJson, isAny),
            action('Save table', saveTable, isAny),
        ),
        chooser,
        list,
    );
    panel.addEventListener('keydown', (event) => {
        if (event.key === 'Escape') {
            event.stopPropagation();
            close();
        }
    });
    new MutationObserver(refresh).observe(panel, { attributes: true, attributeFilter: ['hidden'] });
    on('annotations', refreshSoon);
    on('welcome', refreshSoon);
    refresh();
}

/**
 * @param {string} label
 * @param {() => void} run
 * @param {() => boolean} isEnabled
 */
function action(label, run, isEnabled) {
    const made = el('button', { type: 'button', class: 'measurement-action', onclick: run }, label);
    buttons.push([made, isEnabled]);
    return made;
}

function close() {
    byId('annotation-list').hidden = true;
    emit('annotations', null); // The toolbar's button shows whether it is open.
    /** @type {HTMLElement|null} */ (document.querySelector('#toolbar [aria-label="List of measurements"]'))?.focus();
}

let isWaiting = false;

function refreshSoon() {
    if (!isWaiting) {
        isWaiting = true;
        requestAnimationFrame(() => {
            isWaiting = false;
            refresh();
        });
    }
}

function refresh() {
    for (const [button, isEnabled] of buttons) {
        button.disabled = !isEnabled();
    }
    if (byId('annotation-list').hidden) {
        return;
    }
    const focused = document.activeElement instanceof HTMLElement && list.contains(document.activeElement)
        ? document.activeElement.dataset.of
        : undefined;
    const at = [...list.querySelectorAll('button')].findIndex((button) => button === document.activeElement);
    const { all } = annotations;
    const rows = all.slice(0, AT_ONCE).map(row);
    if (all.length === 0) {
        rows.push(el('li', { class: 'soft measurement-none' }, 'Nothing is measured yet. Choose a tool, and draw on an image.'));
    } else if (all.length > AT_ONCE) {
        rows.push(el('li', { class: 'soft measurement-none' }, `${all.length - AT_ONCE} more are not listed.`));
    }
    fill(list, ...rows);
    if (focused) {
        const there = [...list.querySelectorAll('button')];
        const again = there.find((button) => button.dataset.of === focused);
        // Where its row is gone, the keys go to the one that took its place, or to the panel's first.
        (again ?? there[Math.min(at, there.length - 1)] ?? panelsFirst())?.focus();
    }
}

/** @returns {HTMLElement|null} */
function panelsFirst() {
    return byId('annotation-list').querySelector('button');
}

/** @param {Annotation} annotation */
function row(annotation) {
    const { id, kind, place, text } = annotation;
    const tool = TOOL_OF[kind];
    const series = app.welcome?.series.find(({ number }) => number === place.series);
    const statistics = statisticsOf(annotation);
    const values = [
        ...tool.measures(annotation).lines,
        ...(statistics ? statisticsLines(statistics) : []),
    ].join(' · ');
    const where = `${place.orientation === null ? 'Image' : 'Slice'} ${place.sliceIndex + 1}, ${series ? series.title : 'another series'}`;
    return el(
        'li',
        { class: 'measurement' },
        el(
            'button',
            {
                type: 'button',
                class: 'measurement-choose',
                'data-of': `choose ${id}`,
                'aria-pressed': String(id === annotations.selectedId),
                onclick: () => goTo(annotation),
            },
            icon(/** @type {IconName} */ (kind)),
            el(
                'span',
                { class: 'measurement-texts' },
                el('span', { class: 'measurement-name' }, text || tool.label),
                values && el('span', { class: 'measurement-values' }, values),
                el('span', { class: 'soft measurement-where' }, where),
            ),
        ),
        el(
            'button',
            {
                type: 'button',
                class: 'icon-button',
                'data-of': `remove ${id}`,
                'aria-label': `Remove ${text || tool.label} ${values}`,
                onclick: () => annotations.remove(id),
            },
            icon('clear'),
        ),
    );
}

/**
 * Select it, and show the image that it is on.
 * @param {Annotation} annotation
 */
function goTo({ id, place }) {
    annotations.select(id);
    const cells = [...app.cells.values()];
    const there = cells.find(({ state }) => state && isShown(place, state));
    if (there) {
        setActive(there.index);
        return;
    }
    const ofSeries = cells.filter(({ state }) => state && state.series === place.series);
    const found =
        ofSeries.find(({ state }) => state?.orientation === place.orientation) ??
        ofSeries.find(({ index }) => index === app.activeCell) ??
        ofSeries[0] ??
        activeCell();
    if (place.series === null || !found) {
        tell('It is on an image of a series that is not open here.', false);
        return;
    }
    const cell = found.index;
    setActive(cell);
    if (found.state?.series !== place.series) {
        send({ type: 'Show', cell, series: place.series });
    }
    const plane = place.orientation;
    if (plane !== null && PLANES.includes(plane) && found.state?.orientation !== plane) {
        send({ type: 'Change', cell, orientation: /** @type {'axial'} */ (plane) });
    }
    send({ type: 'SetSlice', cell, index: place.sliceIndex });
}

/** @param {string} text @param {boolean} isError */
function tell(text, isError) {
    emit('notice', { type: 'Notice', text, cell: null, isError });
}

function saveJson() {
    const text = written(annotations.all, app.welcome?.series ?? [], statisticsOf);
    save('measurements.json', text, 'application/json');
}

function saveTable() {
    const text = table(annotations.all, app.welcome?.series ?? [], statisticsOf);
    // With a mark of its encoding, without which spreadsheets take the letters for others.
    save('measurements.csv', `\ufeff${text}`, 'text/csv');
}

/** @param {string} name @param {string} text @param {string} type */
function save(name, text, type) {
    const address = URL.createObjectURL(new Blob([text], { type }));
    el('a', { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    tell(`Saved as “${name}”. It names the images measured, by their imageIds and UIDs.`, false);
}

/** A file was chosen. */
async function opened() {
    const file = chooser.files?.[0];
    chooser.value = ''; // So that the same file can be chosen again.
    if (!file) {
        return;
    }
    try {
        if (file.size > LONGEST_FILE) {
            throw new Error(`The file is too long: ${file.size} bytes, at most ${LONGEST_FILE} are read.`);
        }
        const series = app.welcome?.series ?? [];
        const all = read(await file.text(), series);
        annotations.add(...all);
        const spaces = new Set(series.map(({ frameOfReferenceUid }) => frameOfReferenceUid));
        const away = all.filter(
            ({ place }) =>
                place.series === null &&
                (place.unit === 'px' || place.frameOfReferenceUid === null || !spaces.has(place.frameOfReferenceUid)),
        ).length;
        const rest = away ? ` ${away} may be on images that are not open here.` : '';
        tell(`${all.length} measurements were read.${rest}`, false);
    } catch (error) {
        tell(error instanceof Error ? error.message : String(error), true);
    }
}
