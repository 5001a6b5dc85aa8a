// @ts-check
/**
 * What the page and the server say to each other, and how a frame is read.
 *
 * What the page says is listed in `page-messages.js`, what the server says here. Its own lists are
 * `page_messages.py` and `server_messages.py`; a test holds both to the same fields.
 */

/** @typedef {import('./page-messages.js').Open} Open */
/** @typedef {import('./page-messages.js').SetLayout} SetLayout */
/** @typedef {import('./page-messages.js').Resize} Resize */
/** @typedef {import('./page-messages.js').Show} Show */
/** @typedef {import('./page-messages.js').Clear} Clear */
/** @typedef {import('./page-messages.js').Scroll} Scroll */
/** @typedef {import('./page-messages.js').SetSlice} SetSlice */
/** @typedef {import('./page-messages.js').StepTime} StepTime */
/** @typedef {import('./page-messages.js').SetTimePoint} SetTimePoint */
/** @typedef {import('./page-messages.js').DragWindow} DragWindow */
/** @typedef {import('./page-messages.js').SetWindow} SetWindow */
/** @typedef {import('./page-messages.js').Zoom} Zoom */
/** @typedef {import('./page-messages.js').Pan} Pan */
/** @typedef {import('./page-messages.js').Rotate} Rotate */
/** @typedef {import('./page-messages.js').Flip} Flip */
/** @typedef {import('./page-messages.js').Change} Change */
/** @typedef {import('./page-messages.js').Reset} Reset */
/** @typedef {import('./page-messages.js').Link} Link */
/** @typedef {import('./page-messages.js').MoveCrosshairs} MoveCrosshairs */
/** @typedef {import('./page-messages.js').RotateCrosshairs} RotateCrosshairs */
/** @typedef {import('./page-messages.js').Cine} Cine */
/** @typedef {import('./page-messages.js').Drawn} Drawn */
/** @typedef {import('./page-messages.js').AskMetadata} AskMetadata */
/** @typedef {import('./page-messages.js').AskStatistics} AskStatistics */
/** @typedef {import('./page-messages.js').AskPython} AskPython */
/** @typedef {import('./page-messages.js').FromPage} FromPage */

/**
 * A window to be chosen by name; `modality` is None for all.
 * @typedef {object} WindowPreset
 * @property {string} name
 * @property {number} lower
 * @property {number} upper
 * @property {string|null} modality
 */

/**
 * An entry of the list; its thumbnail is at `thumbnails/<number>.png`.
 * @typedef {object} Series
 * @property {number} number
 * @property {string} study Of which study: its date and description; entries of one study are together.
 * @property {string} title
 * @property {string} modality
 * @property {'volume'|'4D'|'stack'|'single'} kind
 * @property {number} images
 * @property {string} size Such as `512 x 512`.
 * @property {boolean} isVolume Whether planes can be cut through it.
 * @property {string|null} frameOfReferenceUid
 * @property {string} patient Hidden with the overlays.
 */

/**
 * A layout by its name: `1x1` to `3x3`, or `mpr`.
 * @typedef {object} Layout
 * @property {string} name
 * @property {number} rows
 * @property {number} columns
 */

/**
 * First of all: what there is to be shown.
 * @typedef {object} Welcome
 * @property {'Welcome'} type
 * @property {string} title
 * @property {Series[]} series
 * @property {Layout[]} layouts
 * @property {string[]} colormaps
 * @property {WindowPreset[]} presets
 * @property {string[]} leftOut What is not shown, and why.
 * @property {string} exhibit The same of the same images; it says nothing else.
 * @property {boolean} isBroughtBack What was kept is shown again.
 */

/**
 * To be kept by the page, and given back with `Open` of its next connection.
 * @typedef {object} Keep
 * @property {'Keep'} type
 * @property {string} text
 */

/**
 * What a cell of the layout is for.
 * @typedef {object} Cell
 * @property {number|null} series
 * @property {string|null} orientation
 */

/**
 * The layout as it is now.
 * @typedef {object} Arranged
 * @property {'Arranged'} type
 * @property {string} name
 * @property {Cell[]} cells
 * @property {boolean} isLinked
 */

/**
 * Which images of a series are here: ranges `(first, behind the last)`, in shown order.
 * @typedef {object} Progress
 * @property {'Progress'} type
 * @property {number} series
 * @property {number} total
 * @property {[number, number][]} ranges
 */

/**
 * Where canvas points are: `origin + x * right + y * down`, (0.5, 0.5) the first pixel.
 * In mm of patient space (LPS), or where there is none in pixels of the image, as
 * (column, row, 0); `spacing_mm` are the (row, column) sizes of those, if they are known.
 * @typedef {object} Grid
 * @property {[number, number, number]} origin
 * @property {[number, number, number]} right
 * @property {[number, number, number]} down
 * @property {'mm'|'px'} unit
 * @property {[number, number]|null} spacingMm
 * @property {boolean} isCalibrated False if lengths are those at the detector, or otherwise not the patient's.
 */

/**
 * The texts at the corners, and the letters at the edges.
 * @typedef {object} Overlay
 * @property {string[]} topLeft
 * @property {string[]} topRight
 * @property {string[]} bottomLeft
 * @property {string[]} bottomRight
 * @property {string} left
 * @property {string} right
 * @property {string} top
 * @property {string} bottom
 */

/**
 * One of the images over each other in a cell.
 * @typedef {object} Layer
 * @property {number} series
 * @property {string} colormap
 * @property {number} opacity
 * @property {number|null} lower
 * @property {number|null} upper
 * @property {string} unit Of its values, as `CellState.unit`.
 * @property {boolean} invert
 */

/**
 * Where another cell's plane cuts this one, on the canvas.
 * @typedef {object} Crosshair
 * @property {number} ofCell
 * @property {[number, number]} start
 * @property {[number, number]} end
 */

/**
 * The place where the planes meet, and their lines.
 * @typedef {object} Crosshairs
 * @property {[number, number]|null} at
 * @property {Crosshair[]} lines
 */

/**
 * How a frame was drawn: what the page shows over it is of the same moment.
 * @typedef {object} CellState
 * @property {number} series
 * @property {string|null} imageId
 * @property {number} sliceIndex
 * @property {number} numberOfSlices
 * @property {string|null} frameOfReferenceUid
 * @property {Grid} toWorld
 * @property {Overlay} overlay
 * @property {number|null} lower
 * @property {number|null} upper
 * @property {string} unit Of the values: `HU`, `SUVbw`, or as the header says.
 * @property {number} zoom
 * @property {number} rotation
 * @property {boolean} flipHorizontal
 * @property {boolean} flipVertical
 * @property {boolean} invert
 * @property {string} colormap
 * @property {string} interpolation
 * @property {number} slabMm
 * @property {string} slabMode
 * @property {string|null} orientation None for a stack.
 * @property {Layer[]} layers
 * @property {Crosshairs|null} crosshairs
 * @property {number} framesPerSecond 0 while no cine runs.
 * @property {boolean} isColor
 * @property {number|null} sliceDistanceMm From one slice to the next, if they have places in space.
 * @property {number} timePoint Which is on show, from 0.
 * @property {number} numberOfTimePoints 1 where there is none to choose.
 * @property {boolean} isCineOverTime
 */

/**
 * Before the bytes of a picture: 4 bytes of length (big endian), this, then the picture.
 * @typedef {object} Frame
 * @property {'Frame'} type
 * @property {number} cell
 * @property {number} frame
 * @property {'png'|'jpeg'} format
 * @property {number} width
 * @property {number} height
 * @property {boolean} isAtRest Whether it is the viewport's picture to the last bit.
 * @property {CellState} state
 * @property {number} heard How many messages of the page had been received when it was drawn; 0 if not counted.
 */

/**
 * A cell shows nothing.
 * @typedef {object} Empty
 * @property {'Empty'} type
 * @property {number} cell
 */

/**
 * To be read by the user; of a cell, or of all.
 * @typedef {object} Notice
 * @property {'Notice'} type
 * @property {string} text
 * @property {number|null} cell
 * @property {boolean} isError
 */

/**
 * A line of the metadata panel.
 * @typedef {object} MetadataRow
 * @property {string} group
 * @property {string} name
 * @property {string} value
 */

/**
 * Of the samples whose centres lie in a shape.
 * @typedef {object} Statistics
 * @property {number} count
 * @property {string} unit
 * @property {number|null} mean
 * @property {number|null} standardDeviation
 * @property {number|null} minimum
 * @property {number|null} maximum
 * @property {string} value Of a probe: the value, or the colour.
 */

/**
 * To a question of the page, by its number.
 * @typedef {object} Answer
 * @property {'Answer'} type
 * @property {number} question
 * @property {MetadataRow[]|null} metadata
 * @property {Statistics|null} statistics
 * @property {string|null} python
 */

/**
 * A question could not be answered.
 * @typedef {object} Failed
 * @property {'Failed'} type
 * @property {number} question
 * @property {string} text
 */

/**
 * What the server says in text; `Frame` goes before bytes.
 * @typedef {Welcome|Keep|Arranged|Progress|Empty|Notice|Answer|Failed} FromServer
 */

/**
 * Take a frame apart: 4 bytes of length (big endian), the header, the picture.
 * @param {ArrayBuffer} bytes
 * @returns {{header: Frame, picture: Blob}}
 */
export function readFrame(bytes) {
    const length = new DataView(bytes).getUint32(0);
    const text = new TextDecoder().decode(new Uint8Array(bytes, 4, length));
    const header = /** @type {Frame} */ (JSON.parse(text));
    const picture = new Blob([new Uint8Array(bytes, 4 + length)], {
        type: `image/${header.format}`,
    });
    return { header, picture };
}

/**
 * Read what the server said in text.
 * @param {string} text
 * @returns {FromServer}
 */
export function readMessage(text) {
    return JSON.parse(text);
}
