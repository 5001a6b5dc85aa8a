// @ts-check
/**
 * What the tab keeps of itself, so that another connection, another server or a page that is loaded
 * again goes on where it was: what the server gave to be kept, and what only the page knows.
 */

import { read, written } from './annotation-files.js';
import { annotations } from './annotation-store.js';
import { setLarge } from './cells.js';
import { toggleTexts } from './commands.js';
import { readSteps, writtenSteps } from './kept-steps.js';
import { chosenSeries } from './layers.js';
import { app, on, setActive, setTool } from './state.js';

/**
 * @typedef {object} Own What only the page knows.
 * @property {number} active
 * @property {number|null} large
 * @property {string} tool
 * @property {boolean} textsHidden
 * @property {[number, number][]} layers Which of several images over each other windows and colours are of.
 */

/** Several viewers may stand behind one proxy. */
const NAME = `pycornerstone ${location.pathname}`;
const [KEPT, OWN, EXHIBIT, DRAWN, STEPS] = ['kept', 'own', 'exhibit', 'annotations', 'steps'].map(
    (part) => `${NAME} ${part}`,
);
/** Drags change measurements at each step: they are kept when the hand rests, ms. */
const SOON = 300;

let isNew = true;
/** Measurements of images that were here before the server was started with others. @type {Set<string>} */
let foreign = new Set();
/** @type {ReturnType<typeof setTimeout>|undefined} */
let later;

/** Keep what is shown from now on, and bring back what the page itself knew. */
export function start() {
    const own = ownThings();
    if (own.textsHidden) {
        // Before any text is there.
        toggleTexts();
    }
    on('keep', ({ text }) => put(KEPT, text));
    on('welcome', ({ exhibit, isBroughtBack }) => {
        const isAlike = got(EXHIBIT) === exhibit;
        if (!isAlike) {
            // Numbers of series are of one list only.
            chosenSeries.clear();
        }
        if (isNew) {
            bringBack(isAlike);
        } else if (!isAlike) {
            // They can still be saved, but another page would have no use for them.
            foreign = new Set(annotations.all.filter((one) => !liesHere(one)).map(({ id }) => id));
        }
        put(EXHIBIT, exhibit);
        if (isNew && isBroughtBack) {
            setTool(own.tool);
            own.layers.forEach(([lowest, chosen]) => chosenSeries.set(lowest, chosen));
            const undo = on('arranged', () => {
                undo();
                setActive(own.active);
                setLarge(own.large !== null && app.cells.has(own.large) ? own.large : null);
            });
        }
        isNew = false;
        for (const name of /** @type {const} */ (['active', 'large', 'tool', 'texts', 'layer'])) {
            on(name, keepOwn);
        }
    });
    on('annotations', () => {
        clearTimeout(later);
        later = setTimeout(keepDrawn, SOON);
    });
    addEventListener('pagehide', () => {
        if (!isNew) {
            keepDrawn();
        }
    });
}

/** @returns {string|null} What makes the server show again what this tab has shown. */
export function kept() {
    return got(KEPT);
}

function keepOwn() {
    const { activeCell: active, largeCell: large, tool, textsHidden } = app;
    const layers = [...chosenSeries];
    put(OWN, JSON.stringify({ active, large, tool, textsHidden, layers }));
}

/** @returns {Own} */
function ownThings() {
    const none = { active: 0, large: null, tool: app.tool, textsHidden: false, layers: [] };
    try {
        return { ...none, ...JSON.parse(got(OWN) ?? '{}') };
    } catch {
        return none;
    }
}

function keepDrawn() {
    const series = app.welcome?.series ?? [];
    /** @param {import('./annotations.js').Annotation} annotation */
    const isOwn = ({ id }) => !foreign.has(id);
    // Steps that there is no room for must not be those of other measurements.
    drop(STEPS);
    put(DRAWN, written(annotations.all.filter(isOwn), series, () => null));
    put(STEPS, writtenSteps(annotations.steps, isOwn, series));
}

/**
 * Whether a measurement is in the space of images that are here.
 * @param {import('./annotations.js').Annotation} annotation
 */
function liesHere({ place: { frameOfReferenceUid: space } }) {
    return Boolean(space && app.welcome?.series.some(({ frameOfReferenceUid }) => frameOfReferenceUid === space));
}

/** @param {boolean} isAlike Whether the images are those of before; of others, what lies in their space is. */
function bringBack(isAlike) {
    const text = got(DRAWN);
    if (text === null || annotations.all.length > 0) {
        return;
    }
    try {
        const series = app.welcome?.series ?? [];
        const all = read(text, series);
        const steps = isAlike ? got(STEPS) : null;
        annotations.bringBack(
            all.filter((one) => isAlike || liesHere(one)),
            steps === null ? undefined : readSteps(steps, series),
        );
    } catch (error) {
        console.info('measurements of another version were not brought back', error);
    }
}

/** @param {string} name @returns {string|null} */
function got(name) {
    try {
        return sessionStorage.getItem(name);
    } catch {
        return null; // The browser keeps nothing for pages.
    }
}

/** @param {string} name @param {string} text */
function put(name, text) {
    try {
        sessionStorage.setItem(name, text);
    } catch {
        // It is full, or the browser keeps nothing: then the page begins anew when it is loaded again.
    }
}

/** @param {string} name */
function drop(name) {
    try {
        sessionStorage.removeItem(name);
    } catch {
        // The browser keeps nothing for pages.
    }
}
