/** What the audit leaves out, on purpose and said so in the report. Sizes in bytes. */
export const limits = {
  /** Larger files are listed as skipped, not read. */
  fileBytes: 2 * 2 ** 20,
  /** Text kept between reading and analysis; what no longer fits is read again when it is needed. */
  shelfBytes: 64 * 2 ** 20,
  /** Code compared for duplicates, in all. Files after that, in order of name, are left out of the comparison. */
  comparedBytes: 48 * 2 ** 20,
  /** Folders inside folders. */
  depth: 100,
  batchBytes: 1 * 2 ** 20,
  /** Rows of each list in the HTML report and `report.json`. */
  listed: 100,
} as const
