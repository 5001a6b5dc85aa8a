// @ts-check
/** Lengths, angles and areas, in the units that the pixels' spacing allows, and as texts. */

import { cross, dot, minus, norm } from './world.js';

/** @typedef {import('./world.js').Vector} Vector */
/** @typedef {import('./world.js').Place} Place */
/** @typedef {import('./messages.js').Statistics} Statistics */

/** What a value of `isCalibrated` false means for who reads a length. */
export const UNCALIBRATED =
    'Not calibrated: the size at the detector, or of a pixel that the header does not tie to the patient.';
const NO_SPACING = 'In pixels of the image: the header gives them no size.';

/**
 * What lengths are in at a place.
 * @typedef {object} Scale
 * @property {'mm'|'px'} unit
 * @property {string} mark `*` behind lengths that are not calibrated.
 * @property {string} reason Why it is not mm of the patient; empty if it is.
 */

/** @param {Place} place @returns {Scale} */
export function scaleOf(place) {
    if (place.unit === 'px' && !place.spacingMm) {
        return { unit: 'px', mark: '', reason: NO_SPACING };
    }
    return place.isCalibrated
        ? { unit: 'mm', mark: '', reason: '' }
        : { unit: 'mm', mark: '*', reason: UNCALIBRATED };
}

/**
 * A difference of two points in the unit of `scaleOf`.
 * @param {Place} place
 * @param {Vector} from
 * @param {Vector} to
 * @returns {Vector}
 */
function step(place, from, to) {
    const [x, y, z] = minus(to, from);
    if (place.unit === 'mm' || !place.spacingMm) {
        return [x, y, z];
    }
    const [row, column] = place.spacingMm;
    return [x * column, y * row, z];
}

/** @param {Place} place @param {Vector} a @param {Vector} b */
export function lengthOf(place, a, b) {
    return norm(step(place, a, b));
}

/**
 * The angle at the second of three points, in degrees from 0 to 180; NaN if two are the same.
 * @param {Place} place
 * @param {Vector[]} points
 */
export function angleOf(place, [a, at, b]) {
    const [u, v] = [step(place, at, a), step(place, at, b)];
    if (norm(u) === 0 || norm(v) === 0) {
        return NaN;
    }
    return (Math.atan2(norm(cross(u, v)), dot(u, v)) * 180) / Math.PI;
}

/**
 * The area of the rectangle (or what it is where pixels are not square) with these corners in turn.
 * @param {Place} place
 * @param {Vector[]} corners
 */
export function rectangleArea(place, [a, b, , d]) {
    return norm(cross(step(place, a, b), step(place, a, d)));
}

/**
 * The area of the ellipse in it.
 * @param {Place} place
 * @param {Vector[]} corners
 */
export function ellipseArea(place, corners) {
    return (rectangleArea(place, corners) * Math.PI) / 4;
}

/** @param {number} value @param {Scale} scale @returns {string} Such as `12.3 mm`. */
export function lengthText(value, scale) {
    return `${value.toFixed(1)} ${scale.unit}${scale.mark}`;
}

/** @param {number} value @param {Scale} scale @returns {string} Such as `1 234 mm²`, by its size. */
export function areaText(value, scale) {
    return `${rounded(value)} ${scale.unit}²${scale.mark}`;
}

/** @param {number} degrees */
export function angleText(degrees) {
    return Number.isNaN(degrees) ? '–' : `${degrees.toFixed(1)}°`;
}

/** @param {number} value @returns {string} With 4 digits or so, as its size wants it. */
export function rounded(value) {
    const size = Math.abs(value);
    if (Number.isInteger(value) || size >= 1000) {
        return value.toFixed(0);
    }
    if (size < 0.001) {
        return value.toPrecision(3);
    }
    return value.toFixed(size >= 100 ? 1 : size >= 1 ? 2 : 4);
}

/**
 * Lines such as `Mean 40.12 HU`; of a probe, or of colours, the value as the server writes it.
 * @param {Statistics} said
 * @returns {string[]}
 */
export function statisticsLines(said) {
    if (said.value) {
        return [said.value];
    }
    const unit = said.unit ? ` ${said.unit}` : '';
    const lines = [];
    if (typeof said.mean === 'number') {
        const spread =
            typeof said.standardDeviation === 'number'
                ? `  SD ${rounded(said.standardDeviation)}`
                : '';
        lines.push(`Mean ${rounded(said.mean)}${unit}${spread}`);
    }
    if (typeof said.minimum === 'number' && typeof said.maximum === 'number') {
        lines.push(`Min ${rounded(said.minimum)}  Max ${rounded(said.maximum)}${unit}`);
    }
    return lines;
}
