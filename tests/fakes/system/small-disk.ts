import type { Condition } from '../../needs.ts';

/** A command that runs the words after it where a disk of that size is mounted at the path, for them alone. */
export const onSmallDisk = (path: string, sizeBytes: number): readonly string[] => [
  'unshare',
  '--user',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  `mount -t tmpfs -o size=${sizeBytes} tmpfs '${path}' && exec "$@"`,
  'sh',
];

/** Containers often withhold it. */
const mayMount: Condition = {
  kind: 'permission',
  name: 'to mount a disk',
  isMet: () => Bun.spawnSync([...onSmallDisk('/mnt', 65_536), 'true'], { stderr: 'ignore' }).success,
};

/** What a test on a small disk needs. */
export const SMALL_DISK: readonly (string | Condition)[] = ['unshare', 'mount', mayMount];
