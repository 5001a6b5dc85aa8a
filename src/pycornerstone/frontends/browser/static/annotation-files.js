// @ts-check
/** Annotations as a file of JSON, which can be read again, and as a table (CSV). */

import { LONGEST_TEXT, POINTS } from './annotations.js';
import { scaleOf } from './measures.js';
import { TOOL_OF } from './tools.js';

/** @typedef {import('./annotations.js').Annotation} Annotation */
/** @typedef {import('./annotations.js').Kind} Kind */
/** @typedef {import('./world.js').Place} Place */
/** @typedef {import('./messages.js').Statistics} Statistics */
/** @typedef {import('./messages.js').Series} Series */

export const FORMAT = 'pycornerstone-annotations';
export const VERSION = 1;
/** Files that are longer, or have more in them, are refused. */
export const LONGEST_FILE = 20_000_000;
const MOST = 20_000;

/**
 * What a series is known by in a file, as its number is of one run of the viewer only.
 * @param {Series|undefined} series
 */
function known(series) {
    if (!series) {
        return null;
    }
    const { study, title, modality, images, size, frameOfReferenceUid } = series;
    return { study, title, modality, images, size, frameOfReferenceUid };
}

/**
 * @param {readonly Annotation[]} all
 * @param {readonly Series[]} series
 * @param {(annotation: Annotation) => Statistics|null} statisticsOf What is known by now.
 * @returns {string}
 */
export function written(all, series, statisticsOf) {
    const annotations = all.map((annotation) => {
        const { place } = annotation;
        const { lines: _lines, ...measured } = TOOL_OF[annotation.kind].measures(annotation);
        const scale = scaleOf(place);
        return {
            id: annotation.id,
            kind: annotation.kind,
            text: annotation.text,
            made: annotation.made,
            points: annotation.points,
            unit: place.unit,
            imageId: place.imageId,
            frameOfReferenceUid: place.frameOfReferenceUid,
            plane: { origin: place.origin, normal: place.normal },
            sliceIndex: place.sliceIndex,
            orientation: place.orientation,
            spacingMm: place.spacingMm,
            isCalibrated: place.isCalibrated,
            series: known(series.find(({ number }) => number === place.series)),
            measured: { ...measured, unit: scale.unit },
            statistics: statisticsOf(annotation),
        };
    });
    return `${JSON.stringify({ format: FORMAT, version: VERSION, annotations }, null, 2)}\n`;
}

/**
 * Read such a file.
 *
 * What was measured is not read but measured anew.
 * @param {string} text
 * @param {readonly Series[]} series Of this viewer.
 * @returns {Annotation[]}
 * @throws {Error} What is wrong with it, in words for the user.
 */
export function read(text, series) {
    if (text.length > LONGEST_FILE) {
        throw new Error(`The file is too long: it has ${text.length} characters, at most ${LONGEST_FILE} are read.`);
    }
    /** @type {any} */
    let file;
    try {
        file = JSON.parse(text);
    } catch {
        throw new Error('The file is not JSON. Choose one that “Save as JSON” of this viewer has made.');
    }
    if (file?.format !== FORMAT) {
        throw new Error(`The file holds no annotations of this viewer: its "format" is not "${FORMAT}".`);
    }
    if (file.version !== VERSION) {
        throw new Error(
            `The file is of version ${said(file.version)}; this viewer reads version ${VERSION}. Open it with the viewer that made it.`,
        );
    }
    if (!Array.isArray(file.annotations) || file.annotations.length > MOST) {
        throw new Error(`"annotations" must be a list of at most ${MOST}.`);
    }
    const all = file.annotations.map(
        (/** @type {unknown} */ each, /** @type {number} */ index) => annotation(each, index, series),
    );
    if (new Set(all.map((/** @type {Annotation} */ { id }) => id)).size < all.length) {
        throw new Error('Two annotations of the file have the same "id".');
    }
    return all;
}

/**
 * @param {any} from
 * @param {number} index
 * @param {readonly Series[]} series
 * @returns {Annotation}
 */
function annotation(from, index, series) {
    /** @param {boolean} isRight @param {string} name @param {string} wanted */
    const check = (isRight, name, wanted) => {
        if (!isRight) {
            throw new Error(`Annotation ${index + 1} of the file: "${name}" must be ${wanted}, it is ${said(from?.[name])}.`);
        }
    };
    check(typeof from === 'object' && from !== null, 'annotation', 'an object');
    check(isText(from.id, 64) && from.id !== '', 'id', 'a text of at most 64 characters');
    check(Object.hasOwn(POINTS, from.kind), 'kind', `one of ${Object.keys(POINTS).join(', ')}`);
    const count = POINTS[/** @type {Kind} */ (from.kind)];
    check(
        Array.isArray(from.points) && from.points.length === count && from.points.every(isVector),
        'points',
        `a list of ${count} points of three numbers`,
    );
    check(from.unit === 'mm' || from.unit === 'px', 'unit', '"mm" or "px"');
    check(isText(from.text, LONGEST_TEXT), 'text', `a text of at most ${LONGEST_TEXT} characters`);
    check(isText(from.made, 40), 'made', 'a time as text');
    check(isTextOrNull(from.imageId, 4096), 'imageId', 'a text or null');
    check(isTextOrNull(from.frameOfReferenceUid, 64), 'frameOfReferenceUid', 'a UID or null');
    check(isVector(from.plane?.origin) && isVector(from.plane?.normal), 'plane', 'an origin and a normal');
    check(Math.abs(Math.hypot(...from.plane.normal) - 1) < 1e-3, 'plane', 'of a normal with the length 1');
    check(Number.isInteger(from.sliceIndex) && from.sliceIndex >= 0, 'sliceIndex', 'a whole number from 0');
    check(isTextOrNull(from.orientation ?? null, 20), 'orientation', 'a text or null');
    check(from.spacingMm === null || isSpacing(from.spacingMm), 'spacingMm', 'two numbers above 0, or null');
    check(typeof from.isCalibrated === 'boolean', 'isCalibrated', 'true or false');
    return {
        id: from.id,
        kind: from.kind,
        text: from.text,
        made: from.made,
        points: from.points,
        place: {
            unit: from.unit,
            frameOfReferenceUid: from.frameOfReferenceUid,
            imageId: from.imageId,
            series: numberOf(from.series, series),
            sliceIndex: from.sliceIndex,
            orientation: from.orientation ?? null,
            origin: from.plane.origin,
            normal: from.plane.normal,
            spacingMm: from.spacingMm,
            isCalibrated: from.isCalibrated,
        },
    };
}

/**
 * Which series of this viewer is meant; null if none, or more than one could be.
 * @param {any} from
 * @param {readonly Series[]} series
 */
function numberOf(from, series) {
    if (typeof from !== 'object' || from === null) {
        return null;
    }
    const alike = series.filter((each) =>
        Object.entries(known(each) ?? {}).every(([name, value]) => from[name] === value),
    );
    return alike.length === 1 ? alike[0].number : null;
}

/** @param {unknown} value */
function isVector(value) {
    return Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
}

/** @param {unknown} value */
function isSpacing(value) {
    return Array.isArray(value) && value.length === 2 && value.every((each) => Number.isFinite(each) && each > 0);
}

/** @param {unknown} value @param {number} longest */
function isText(value, longest) {
    return typeof value === 'string' && value.length <= longest;
}

/** @param {unknown} value @param {number} longest */
function isTextOrNull(value, longest) {
    return value === null || isText(value, longest);
}

/** @param {unknown} value */
function said(value) {
    const text = value === undefined ? 'missing' : JSON.stringify(value);
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const COLUMNS = [
    ...['id', 'kind', 'text', 'made', 'study', 'series', 'modality', 'slice', 'image_id'],
    ...['frame_of_reference_uid', 'length', 'width', 'angle_deg', 'area', 'unit', 'calibrated'],
    ...['count', 'mean', 'sd', 'min', 'max', 'value', 'value_unit', 'points'],
];

/**
 * A table of them, a line each (RFC 4180); lengths and areas are in `unit` and its square.
 * @param {readonly Annotation[]} all
 * @param {readonly Series[]} series
 * @param {(annotation: Annotation) => Statistics|null} statisticsOf
 * @returns {string}
 */
export function table(all, series, statisticsOf) {
    const rows = all.map((each) => {
        const { place } = each;
        const measured = TOOL_OF[each.kind].measures(each);
        const statistics = statisticsOf(each);
        const of = series.find(({ number }) => number === place.series);
        const hasSize = measured.length !== undefined || measured.area !== undefined;
        return [
            ...[each.id, each.kind, each.text, each.made, of?.study, of?.title, of?.modality],
            ...[place.sliceIndex + 1, place.imageId, place.frameOfReferenceUid],
            ...[measured.length, measured.width, measured.angle, measured.area],
            ...[hasSize ? scaleOf(place).unit : '', hasSize ? String(place.isCalibrated) : ''],
            ...[statistics?.count, statistics?.mean, statistics?.standardDeviation],
            ...[statistics?.minimum, statistics?.maximum, statistics?.value, statistics?.unit],
            each.points.map((point) => point.join(' ')).join('; '),
        ];
    });
    return [COLUMNS, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** @param {string|number|null|undefined} value */
function field(value) {
    if (value === null || value === undefined) {
        return '';
    }
    if (typeof value === 'number') {
        return String(value);
    }
    // A text that a spreadsheet would take for a formula is not to run there.
    const isFormula = /^[=+@\t\r-]/.test(value) && !/^[-+.;e\d ]+$/.test(value);
    const text = isFormula ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
