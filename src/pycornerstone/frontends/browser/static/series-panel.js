// @ts-check
/** The list of studies and series: pressed, one is shown in the active cell; dragged, in any. */

import { focusActive } from './commands.js';
import { byId, el, fill } from './dom.js';
import { icon } from './icons.js';
import { backToImages } from './popovers.js';
import { draggable } from './series-drag.js';
import { canBeAdded, shownSeries, showSeries } from './shown.js';
import { app, on } from './state.js';

/** @typedef {import('./messages.js').Series} Series */

/** A series' entry, and what of it changes. @type {Map<number, {show: HTMLElement, fuse: HTMLButtonElement}>} */
const entries = new Map();
const NARROW = '(max-width: 760px)';
let marked = '';

/** Keep the list. */
export function start() {
    const panel = byId('series-panel');
    panel.hidden = matchMedia(NARROW).matches;
    on('welcome', list);
    on('texts', () => {
        if (app.welcome) {
            list(app.welcome);
        }
    });
    on('arranged', mark);
    on('active', mark);
    on('empty', mark);
    on('frame', mark);
}

/** Show the list, or make room. */
export function toggleSeriesPanel() {
    const panel = byId('series-panel');
    panel.hidden = !panel.hidden;
}

/** @param {import('./messages.js').Welcome} welcome */
function list({ title, series, leftOut }) {
    const focused = [...entries].find(([, { show }]) => show === document.activeElement)?.[0];
    entries.clear();
    marked = '';
    const parts = [];
    /** @type {HTMLElement|null} */
    let items = null;
    let before = null;
    let studies = 0;
    for (const one of series) {
        const study = `${one.patient}\n${one.study}`;
        if (study !== before || !items) {
            before = study;
            studies += 1;
            const id = `study-${studies}`;
            items = el('ul', { class: 'series-list', 'aria-labelledby': id });
            parts.push(el('section', { class: 'study' }, heading(id, one, studies), items));
        }
        items.append(entry(one));
    }
    fill(
        byId('series-panel'),
        el('h1', { class: 'panel-title' }, app.textsHidden ? 'Series' : title || 'Series'),
        series.length === 0 && el('p', { class: 'soft' }, 'There is nothing to be shown.'),
        ...parts,
        leftOut.length > 0 && missing(leftOut),
    );
    mark();
    if (focused !== undefined) {
        entries.get(focused)?.show.focus();
    }
}

/** @param {string} id @param {Series} series @param {number} number @returns {HTMLElement} */
function heading(id, { study, patient }, number) {
    const text = app.textsHidden || !study ? `Study ${number}` : study;
    return el('h2', { id }, text, !app.textsHidden && patient && el('span', { class: 'patient' }, patient));
}

/** @param {Series} series @returns {HTMLElement} */
function entry(series) {
    const { number, modality, size, isVolume } = series;
    const title = app.textsHidden ? `Series ${number + 1}` : series.title;
    const count = countOf(series);
    const show = el(
        'button',
        {
            type: 'button',
            class: 'series',
            'data-series': number,
            title,
            onclick: (/** @type {MouseEvent} */ event) => {
                showSeries(app.activeCell, number);
                if (matchMedia(NARROW).matches) {
                    toggleSeriesPanel();
                    focusActive(); // What had the keys is away.
                } else {
                    backToImages(event);
                }
            },
        },
        thumbnail(number),
        el(
            'span',
            { class: 'series-text' },
            el(
                'span',
                { class: 'series-detail' },
                modality && el('span', { class: 'modality' }, modality),
                ' ',
                count,
            ),
            ' ',
            el('span', { class: 'series-title' }, title || 'Series'),
            ' ',
            size && el('span', { class: 'series-detail' }, size),
        ),
    );
    const fuse = el(
        'button',
        {
            type: 'button',
            class: 'icon-button fuse',
            'aria-label': `Lay ${modality} ${title} over the image`,
            title: 'Lay it over the image (fusion)',
            hidden: true,
            onclick: (/** @type {MouseEvent} */ event) => {
                showSeries(app.activeCell, number, true);
                backToImages(event);
            },
        },
        icon('fusion'),
    );
    draggable(show, number, isVolume);
    entries.set(number, { show, fuse });
    return el('li', {}, show, fuse);
}

/** @param {Series} series @returns {string} */
function countOf({ kind, images }) {
    if (kind === 'single' || images === 1) {
        return '1 image';
    }
    return kind === '4D' ? `${images} images, 4D` : `${images} images`;
}

/** @param {number} number @returns {Node} */
function thumbnail(number) {
    const picture = el('img', {
        src: `thumbnails/${number}.png`,
        alt: '',
        loading: 'lazy',
        draggable: 'false',
        onerror: () => picture.remove(),
    });
    return el('span', { class: 'thumbnail' }, picture);
}

/** @param {string[]} leftOut @returns {HTMLElement} */
function missing(leftOut) {
    return el(
        'details',
        { class: 'left-out' },
        el('summary', {}, `Not shown: ${leftOut.length}`),
        el('ul', {}, ...leftOut.map((text) => el('li', {}, text))),
    );
}

/** Say which series are on the page, and which may be laid over what is active. */
function mark() {
    /** @type {Map<number, number[]>} */
    const where = new Map();
    for (const { index, state } of app.cells.values()) {
        for (const { series } of state?.layers ?? []) {
            where.set(series, [...(where.get(series) ?? []), index + 1]);
        }
    }
    const active = shownSeries()?.number;
    const adds = (app.welcome?.series ?? []).filter(canBeAdded).map(({ number }) => number);
    const now = JSON.stringify([[...where], active, adds]);
    if (now === marked) {
        return;
    }
    marked = now;
    for (const [number, { show, fuse }] of entries) {
        const cells = where.get(number);
        show.classList.toggle('shown', cells !== undefined);
        show.toggleAttribute('aria-current', false);
        if (number === active) {
            show.setAttribute('aria-current', 'true');
        }
        fuse.hidden = !adds.includes(number);
        show.setAttribute('aria-description', cells ? `shown in image ${cells.join(', ')}` : '');
    }
}
