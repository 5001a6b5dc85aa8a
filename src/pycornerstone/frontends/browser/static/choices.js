// @ts-check
/** What the menus of the toolbar offer for what is shown now. */

import { flip, presetsFor, rotate } from './commands.js';
import { el } from './dom.js';
import { gridIcon, icon } from './icons.js';
import { asLayer, chosenLayer } from './layers.js';
import { askWindow, centred, isCentred } from './window-figures.js';
import { change, figure, seriesOf, shownState } from './shown.js';
import { activeCell, app, send } from './state.js';

/** @typedef {import('./menus.js').Entry} Entry */

const INTERPOLATIONS = /** @type {const} */ ([
    ['nearest', 'Nearest', 'pixels as they are'],
    ['linear', 'Linear', ''],
    ['cubic', 'Cubic', 'smoother'],
]);
const ORIENTATIONS = /** @type {const} */ ([
    ['axial', 'Axial'],
    ['coronal', 'Coronal'],
    ['sagittal', 'Sagittal'],
    ['acquisition', 'As acquired'],
]);

/** @returns {Entry[]} */
export function layouts() {
    const hasVolume = app.welcome?.series.some(({ isVolume }) => isVolume) ?? false;
    return (app.welcome?.layouts ?? []).map(({ name, rows, columns }) => ({
        text: name === 'mpr' ? 'MPR' : name.replace('x', ' × '),
        picture: name === 'mpr' ? icon('planes') : gridIcon(rows, columns),
        checked: app.arranged?.name === name,
        disabled: name === 'mpr' && !hasVolume,
        run: () => send({ type: 'SetLayout', name }),
    }));
}

/** @returns {Entry[]} */
export function presets() {
    const cell = activeCell();
    const state = shownState();
    const layer = state && chosenLayer(state);
    const modality = layer && seriesOf(layer.series)?.modality;
    return [
        { text: modality ? `Windows for ${modality}` : 'Windows' },
        ...presetsFor(cell).map(({ name, lower, upper }, at) => ({
            text: name,
            detail: `${windowText(lower, upper, layer?.unit)}${at < 9 ? `   ${at + 1}` : ''}`,
            checked: layer !== null && isNear(layer.lower, lower) && isNear(layer.upper, upper),
            run: () => cell && send({ type: 'SetWindow', cell: cell.index, preset: name, ...asLayer(state) }),
        })),
        {
            text: 'As the header says',
            run: () => cell && send({ type: 'SetWindow', cell: cell.index, ...asLayer(state) }),
        },
        { text: 'By figures …', run: askWindow },
    ];
}

/** @param {number|null} a @param {number} b @returns {boolean} */
function isNear(a, b) {
    return a !== null && Math.abs(a - b) < 1e-6 * Math.max(1, Math.abs(b));
}

/**
 * A window as it is spoken of: of HU its centre and width, of SUV and the like from where to where.
 * @param {number} lower
 * @param {number} upper
 * @param {string} [unit]
 * @returns {string}
 */
export function windowText(lower, upper, unit = '') {
    if (!isCentred(unit)) {
        return `${figure(lower)} to ${figure(upper)}`;
    }
    const { center, width } = centred(lower, upper);
    return `${figure(center)} / ${figure(width)}`;
}

/** @returns {Entry[]} */
export function colormaps() {
    const state = shownState();
    const names = [...(app.welcome?.colormaps ?? [])];
    // The one that all come back to stands first.
    names.sort((a, b) => Number(b === 'gray') - Number(a === 'gray'));
    return names.map((name) => ({
        text: colormapName(name),
        picture: swatch(name),
        checked: state !== null && chosenLayer(state).colormap === name,
        run: () => change({ colormap: name, ...asLayer(state) }),
    }));
}

/** @param {string} name @returns {string} `hotIron` as `Hot iron`. */
export function colormapName(name) {
    const spaced = name
        .replace(/([a-z])([A-Z0-9])/g, (_, a, b) => `${a} ${b.toLowerCase()}`)
        .replace(/([0-9])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`)
        .replace(/_/g, ' ');
    if (/^(hsv|pet)\b/.test(spaced)) {
        return spaced.slice(0, 3).toUpperCase() + spaced.slice(3);
    }
    return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** @param {string} name @returns {Node} Its colours, from low to high. */
export function swatch(name) {
    const made = el('img', {
        class: 'swatch',
        src: `colormaps/${encodeURIComponent(name)}.png`,
        alt: '',
        loading: 'lazy',
        onerror: () => made.classList.add('missing'),
    });
    return made;
}

/** @returns {Entry[]} */
export function interpolations() {
    const state = shownState();
    return INTERPOLATIONS.map(([name, text, detail]) => ({
        text,
        detail,
        checked: state?.interpolation === name,
        run: () => change({ interpolation: name }),
    }));
}

/** @returns {Entry[]} */
export function orientations() {
    const state = shownState();
    return ORIENTATIONS.map(([name, text]) => ({
        text,
        checked: state?.orientation === name,
        run: () => change({ orientation: name }),
    }));
}

/** @returns {Entry[]} */
export function turns() {
    return [
        { text: 'Turn clockwise', detail: 'R', picture: icon('rotate'), run: () => rotate(90) },
        { text: 'Turn back', detail: 'Shift R', picture: icon('rotateBack'), run: () => rotate(-90) },
        { text: 'Flip left to right', detail: 'H', picture: icon('flipHorizontal'), run: () => flip(true) },
        { text: 'Flip top to bottom', detail: 'V', picture: icon('flipVertical'), run: () => flip(false) },
    ];
}
