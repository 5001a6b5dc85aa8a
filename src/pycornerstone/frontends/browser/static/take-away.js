// @ts-check
/** What a user takes along: the picture as a file, the view as lines of Python. */

import { el } from './dom.js';
import { showDialog } from './dialogs.js';
import { activeCell, app, ask, emit } from './state.js';

/** For a picture at rest; where a run goes on, none comes. */
const LONGEST_WAIT = 2000;

/** @param {string} text @param {boolean} [isError] */
export function tell(text, isError = false) {
    emit('notice', { type: 'Notice', text, cell: null, isError });
}

/** Save what the active cell shows as a PNG; texts and measurements are not in it. */
export async function savePicture() {
    const cell = activeCell();
    if (!cell?.state) {
        return;
    }
    const series = app.welcome?.series.find(({ number }) => number === cell.state?.series);
    // No name in it: files are sent on, and lie about.
    const name = `${series?.modality || 'image'} ${cell.state.sliceIndex + 1}.png`;
    const picture = await pictureOf(cell);
    if (!picture) {
        tell('The browser could not make a PNG of this.', true);
        return;
    }
    const address = URL.createObjectURL(picture);
    const link = el('a', { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    tell(`Saved as “${name}”.`);
}

/**
 * What is on the canvas; at rest that is the viewport's picture to the last bit.
 * @param {import('./state.js').CellView} cell
 * @returns {Promise<Blob|null>}
 */
async function pictureOf({ canvas }) {
    const until = performance.now() + LONGEST_WAIT;
    while (canvas.dataset.atRest !== 'true' && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

/** Put the lines that draw what the active cell shows on the clipboard, or show them. */
export async function copyPython() {
    const cell = activeCell();
    if (!cell?.state) {
        return;
    }
    const lines = ask({ type: 'AskPython', cell: cell.index }).then(({ python }) => python ?? '');
    try {
        await putOnClipboard(lines);
        tell('The lines of Python that draw this view are on the clipboard.');
    } catch {
        try {
            showLines(await lines);
        } catch (error) {
            tell(`There is no Python for this view: ${error instanceof Error ? error.message : error}`, true);
        }
    }
}

/** @param {Promise<string>} lines */
async function putOnClipboard(lines) {
    if (typeof ClipboardItem === 'function' && navigator.clipboard?.write) {
        // With the promise: a browser lets a page write only right after a press.
        const blob = lines.then((text) => new Blob([text], { type: 'text/plain' }));
        await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
    } else {
        await navigator.clipboard.writeText(await lines);
    }
}

/** @param {string} lines */
function showLines(lines) {
    const box = el('textarea', {
        class: 'code',
        readonly: true,
        'aria-label': 'Lines of Python',
        rows: Math.min(24, lines.split('\n').length + 1),
        spellcheck: 'false',
    });
    box.value = lines;
    showDialog(
        'This view as Python',
        el('p', { class: 'soft' }, 'The browser keeps its clipboard from this page; copy the lines from here.'),
        box,
    );
    box.focus();
    box.select();
}
