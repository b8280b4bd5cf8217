/** What an archive may hold before it is refused. */
export interface ArchiveLimits {
  readonly maxArchiveBytes: number;
  readonly maxEntries: number;
  /** All entries together, unpacked. */
  readonly maxUnpackedBytes: number;
  /** How many times larger than packed one entry may be. */
  readonly maxRatio: number;
}
