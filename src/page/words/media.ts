import { plural } from '../format.ts';

/** Players of what jobs made, in every window. */
export const MEDIA = {
  enlarge: 'Enlarge',
  save: 'Save',
  play: 'Play',
  pause: 'Pause',
  position: 'Position',
  playedOf: (at: string, length: string) => `${at} of ${length}`,
  timeOf: (at: string, length: string) => `${at} / ${length}`,
  reading: 'Reading the result',
  cannotPlay: 'This browser cannot play it. Save it to open it in another program.',
  cannotShow: 'This browser cannot show it. Save it to open it in another program.',
  unreadable: 'The result could not be read.',
  mesh: (triangles: number) => `3D model, ${plural(triangles, 'triangle')}. Arrow keys turn it, + and - zoom.`,
  turnLeft: 'Turn left',
  turnRight: 'Turn right',
  stopTurning: 'Stop turning',
  keepTurning: 'Keep turning',
} as const;
