// @ts-check
/**
 * What the page says to the server; `cell` counts the places of the layout from 0, row by row.
 *
 * The server's own list is `page_messages.py`; a test holds both to the same fields.
 */

/**
 * First of all; `ratio` is how many pixels of the screen one of CSS is.
 * @typedef {object} Open
 * @property {'Open'} type
 * @property {number} [ratio]
 * @property {string|null} [kept] What `Keep` gave to an earlier connection: what was shown is shown again.
 */

/**
 * Another layout, by its name: one of `Welcome.layouts`.
 * @typedef {object} SetLayout
 * @property {'SetLayout'} type
 * @property {string} name
 */

/**
 * The size of a cell, in pixels of the screen.
 * @typedef {object} Resize
 * @property {'Resize'} type
 * @property {number} cell
 * @property {number} width
 * @property {number} height
 */

/**
 * Show a series there; `is_added`: drawn over what is there (fusion).
 * @typedef {object} Show
 * @property {'Show'} type
 * @property {number} cell
 * @property {number} series
 * @property {boolean} [isAdded]
 */

/**
 * Show nothing there.
 * @typedef {object} Clear
 * @property {'Clear'} type
 * @property {number} cell
 */

/**
 * So many slices on, or back.
 * @typedef {object} Scroll
 * @property {'Scroll'} type
 * @property {number} cell
 * @property {number} steps
 */

/**
 * Which slice, from 0.
 * @typedef {object} SetSlice
 * @property {'SetSlice'} type
 * @property {number} cell
 * @property {number} index
 */

/**
 * So many points in time on, or back.
 * @typedef {object} StepTime
 * @property {'StepTime'} type
 * @property {number} cell
 * @property {number} steps
 */

/**
 * Which point in time, from 0.
 * @typedef {object} SetTimePoint
 * @property {'SetTimePoint'} type
 * @property {number} cell
 * @property {number} index
 */

/**
 * The mouse went so far with the window in hand, in pixels of the screen.
 * @typedef {object} DragWindow
 * @property {'DragWindow'} type
 * @property {number} cell
 * @property {number} dx
 * @property {number} dy
 * @property {number|null} [layer] Of which of `CellState.layers`; null is the lowest.
 */

/**
 * A window by its bounds, by a preset's name, or with neither the header's first.
 * @typedef {object} SetWindow
 * @property {'SetWindow'} type
 * @property {number} cell
 * @property {number|null} [lower]
 * @property {number|null} [upper]
 * @property {string|null} [preset]
 * @property {number|null} [layer] Of which of `CellState.layers`; null is the lowest, or that which a preset is for.
 */

/**
 * Magnify by this factor; what is at (x, y) of the canvas stays there.
 * @typedef {object} Zoom
 * @property {'Zoom'} type
 * @property {number} cell
 * @property {number} factor
 * @property {number} x
 * @property {number} y
 */

/**
 * Shift what is shown, in pixels of the screen.
 * @typedef {object} Pan
 * @property {'Pan'} type
 * @property {number} cell
 * @property {number} dx
 * @property {number} dy
 */

/**
 * Turn by this, clockwise.
 * @typedef {object} Rotate
 * @property {'Rotate'} type
 * @property {number} cell
 * @property {number} degrees
 */

/**
 * Mirror what is shown, left to right or top to bottom.
 * @typedef {object} Flip
 * @property {'Flip'} type
 * @property {number} cell
 * @property {boolean} isHorizontal
 */

/**
 * Change what is not None of how a cell is drawn.
 * @typedef {object} Change
 * @property {'Change'} type
 * @property {number} cell
 * @property {boolean|null} [invert]
 * @property {string|null} [colormap]
 * @property {'nearest'|'linear'|'cubic'|null} [interpolation]
 * @property {number|null} [slabMm] 0 for a plane.
 * @property {'maximum'|'minimum'|'average'|null} [slabMode]
 * @property {'axial'|'sagittal'|'coronal'|'acquisition'|null} [orientation]
 * @property {number|null} [opacity] 0 to 1.
 * @property {number|null} [layer] Which is inverted, coloured or opaque; null inverts the lowest and changes the last.
 */

/**
 * As it was when it was first shown.
 * @typedef {object} Reset
 * @property {'Reset'} type
 * @property {number} cell
 */

/**
 * Whether the cells go together: by place where they have one, by slice where not.
 * @typedef {object} Link
 * @property {'Link'} type
 * @property {boolean} isOn
 */

/**
 * To a point of this cell's canvas.
 * @typedef {object} MoveCrosshairs
 * @property {'MoveCrosshairs'} type
 * @property {number} cell
 * @property {number} x
 * @property {number} y
 */

/**
 * Turn the other planes round the place, by how far the lines turn in this cell.
 * @typedef {object} RotateCrosshairs
 * @property {'RotateCrosshairs'} type
 * @property {number} cell
 * @property {number} degrees
 */

/**
 * Run through the slices, so many in a second; 0 stops, None takes the header's rate or 15.
 * @typedef {object} Cine
 * @property {'Cine'} type
 * @property {number} cell
 * @property {number|null} [framesPerSecond]
 * @property {boolean} [isOverTime] Through the points in time of the slice on show.
 */

/**
 * The frame of this number is on the screen.
 * @typedef {object} Drawn
 * @property {'Drawn'} type
 * @property {number} cell
 * @property {number} frame
 */

/**
 * What is known of the image that a cell shows; `text` is searched for.
 * @typedef {object} AskMetadata
 * @property {'AskMetadata'} type
 * @property {number} question
 * @property {number} cell
 * @property {string} [text]
 */

/**
 * Of the samples in a shape, given by points in the space of `CellState.to_world`.
 * The 4 corners in turn of a rectangle, or of the one around an ellipse; 1 point of a probe.
 * @typedef {object} AskStatistics
 * @property {'AskStatistics'} type
 * @property {number} question
 * @property {number} cell
 * @property {'rectangle'|'ellipse'|'probe'} kind
 * @property {[number, number, number][]} points
 * @property {number|null} [sliceIndex] Where it was drawn: `Failed` is the answer if the cell has gone on to another slice.
 * @property {number|null} [timePoint] And which point in time was shown there.
 */

/**
 * The lines of Python that draw what a cell shows.
 * @typedef {object} AskPython
 * @property {'AskPython'} type
 * @property {number} question
 * @property {number} cell
 */

/**
 * What a page may say.
 * @typedef {Open|SetLayout|Resize|Show|Clear|Scroll|SetSlice|StepTime|SetTimePoint|DragWindow|SetWindow|Zoom|Pan|Rotate|Flip|Change|Reset|Link|MoveCrosshairs|RotateCrosshairs|Cine|Drawn|AskMetadata|AskStatistics|AskPython} FromPage
 */

export {};
