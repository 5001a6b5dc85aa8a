// @ts-check
/** The statistics of annotations: asked of the server where they are drawn, and kept until they change. */

import { app, ask, emit } from './state.js';
import { TOOL_OF } from './tools.js';

/** @typedef {import('./annotations.js').Annotation} Annotation */
/** @typedef {import('./messages.js').Statistics} Statistics */
/** @typedef {import('./state.js').CellView} CellView */

/**
 * @typedef {object} Known
 * @property {Statistics|null} said
 * @property {string} why There are none.
 */

/** By what was asked for: another shape is another annotation. @type {WeakMap<object, Map<string, Known>>} */
const known = new WeakMap();
/** The last ones of an annotation, while those of its new shape are on their way. @type {Map<string, Statistics>} */
const last = new Map();
/** What is being asked, at most once at a time for each. @type {Set<string>} */
const asked = new Set();

/**
 * In another series, another point in time or another unit, the values are others.
 * @param {CellView} cell
 */
function seriesOf(cell) {
    return `${cell.state?.series} ${cell.state?.timePoint} ${cell.state?.unit} ${cell.state?.imageId === null ? `${cell.state?.slabMm} ${cell.state?.slabMode}` : ''}`;
}

/**
 * What is known for an annotation in a cell; if that is nothing yet, it is asked for.
 * @param {Annotation} annotation
 * @param {CellView} cell That shows it.
 * @returns {{said: Statistics|null, isOld: boolean, why: string}}
 */
export function statisticsIn(annotation, cell) {
    const series = seriesOf(cell);
    const of = known.get(annotation.points);
    const found = of?.get(series);
    if (of && found) {
        // Last in its map: what was looked at last.
        of.delete(series);
        of.set(series, found);
        return { ...found, isOld: false };
    }
    request(annotation, cell, series);
    return { said: last.get(`${annotation.id} ${series}`) ?? null, isOld: true, why: '' };
}

/** @param {Annotation} annotation @returns {Statistics|null} Of its own series, if they are known by now, as seen last. */
export function statisticsOf(annotation) {
    const all = [...(known.get(annotation.points) ?? [])].reverse();
    const own = all.find(([series]) => series.startsWith(`${annotation.place.series} `));
    return (own ?? all[0])?.[1].said ?? null;
}

/** What failed may be asked again: another slice may be there, or the connection. */
export function forgetFailures(/** @type {readonly Annotation[]} */ all) {
    for (const { points } of all) {
        const of = known.get(points);
        for (const [series, { said }] of of ?? []) {
            if (!said) {
                of?.delete(series);
            }
        }
    }
}

/**
 * @param {Annotation} annotation
 * @param {CellView} cell
 * @param {string} series
 */
async function request(annotation, cell, series) {
    const kind = TOOL_OF[annotation.kind].statistics;
    const key = `${annotation.id} ${series}`;
    if (!kind || asked.has(key) || app.connection !== 'open' || !cell.state) {
        return;
    }
    asked.add(key);
    /** @type {Known} */
    let answer = { said: null, why: '' };
    try {
        const { statistics } = await ask({
            type: 'AskStatistics',
            cell: cell.index,
            kind,
            points: annotation.points,
            sliceIndex: cell.state.sliceIndex,
            timePoint: cell.state.timePoint,
        });
        answer = { said: statistics, why: statistics ? '' : 'no values' };
    } catch (error) {
        answer.why = error instanceof Error ? error.message : String(error);
    }
    asked.delete(key);
    const of = known.get(annotation.points) ?? new Map();
    known.set(annotation.points, of);
    of.set(series, answer);
    if (answer.said) {
        last.set(key, answer.said);
    }
    emit('annotations', null);
}
