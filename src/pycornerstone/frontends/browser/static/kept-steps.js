// @ts-check
/** Steps of measurements that can be taken back, as a text that the tab keeps. */

import { read, written } from './annotation-files.js';

/** @typedef {import('./annotations.js').Annotation} Annotation */
/** @typedef {import('./annotations.js').Steps} Steps */
/** @typedef {import('./messages.js').Series} Series */

/** More steps than these are forgotten when the page is loaded again: a tab keeps a few megabytes. */
const MOST = 50;

/**
 * Each annotation is written once, and each list says which of them it has.
 * @param {Steps} steps
 * @param {(annotation: Annotation) => boolean} isKept
 * @param {readonly Series[]} series
 * @returns {string}
 */
export function writtenSteps({ before, undone }, isKept, series) {
    /** @type {Map<Annotation, number>} */
    const places = new Map();
    /** @param {readonly (readonly Annotation[])[]} lists */
    const placed = (lists) =>
        lists.slice(-MOST).map((list) =>
            list.filter(isKept).map((one) => {
                const place = places.get(one) ?? places.size;
                places.set(one, place);
                return place;
            }),
        );
    const lists = { before: placed(before), undone: placed(undone) };
    const all = [...places.keys()];
    // One that was changed is there several times, and a file has each id once.
    const apart = all.map((one, place) => ({ ...one, id: String(place) }));
    return JSON.stringify({ ...lists, ids: all.map(({ id }) => id), file: written(apart, series, () => null) });
}

/**
 * @param {string} text
 * @param {readonly Series[]} series
 * @returns {Steps}
 * @throws {Error} If it is of another version.
 */
export function readSteps(text, series) {
    const { before, undone, ids, file } = JSON.parse(text);
    const all = read(file, series).map((one, place) => ({ ...one, id: String(ids[place]) }));
    /** @param {number[][]} lists */
    const found = (lists) =>
        lists.map((list) =>
            list.map((place) => {
                if (!all[place]) {
                    throw new Error(`there is no measurement ${place} in what was kept`);
                }
                return all[place];
            }),
        );
    return { before: found(before), undone: found(undone) };
}
