/** Binary units in bytes: buffers, limits, and sizes as people are shown them. */
export const KIB = 1024;
export const MIB = 1024 * KIB;
/** Memory: the studio contract and the config measure GPU memory and RAM in this, and call it GB. */
export const GIB = 1024 * MIB;
/** Disk space: the config's limits for the outbox, the models and the free space, as disks are sold. */
export const GB = 1e9;
/** Spans of time in milliseconds. */
export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A duration for people: `340 ms`, `2.4 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  const [big, small, bigUnit, smallUnit] =
    ms < HOUR_MS
      ? [MINUTE_MS, SECOND_MS, 'min', 's']
      : ms < DAY_MS
        ? [HOUR_MS, MINUTE_MS, 'h', 'min']
        : [DAY_MS, HOUR_MS, 'd', 'h'];
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big)} ${bigUnit}${rest > 0 ? ` ${rest} ${smallUnit}` : ''}`;
}

/** A size for people, in binary units: `812 B`, `14.2 KiB`, `1.0 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < KIB) return `${bytes} B`;
  const [unit, name] = bytes < MIB ? [KIB, 'KiB'] : bytes < GIB ? [MIB, 'MiB'] : [GIB, 'GiB'];
  return `${(bytes / unit).toFixed(1)} ${name}`;
}

/** An amount of disk space for people, in the decimal units of disks and of the config: `812 B`, `14.2 kB`, `5.0 GB`. */
export function formatDiskSpace(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  const [unit, name] = bytes < 1e6 ? [1e3, 'kB'] : bytes < GB ? [1e6, 'MB'] : [GB, 'GB'];
  return `${(bytes / unit).toFixed(1)} ${name}`;
}

/** To one digit after the point, as amounts are logged. */
export const roundToTenths = (value: number): number => Math.round(value * 10) / 10;

/** The longest beginning of a text that fits into so many bytes of UTF-8, in whole characters. */
export function cutToBytes(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}

/** A text of at most so many characters (UTF-16 units), which shows where it was cut. */
export const cutToLength = (text: string, maxLength: number): string =>
  text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).toWellFormed()}…`;
