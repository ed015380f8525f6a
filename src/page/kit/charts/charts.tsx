import type { ComponentChildren } from 'preact';

/** A part of the memory bar, in the order of the bar. */
export interface MemoryPart {
  readonly name: string;
  /** In the unit of the whole. */
  readonly amount: number;
  /** One to four are models; `next` is about to load. */
  readonly part: 1 | 2 | 3 | 4 | 'other' | 'next';
}

interface MemoryBarProps {
  readonly parts: readonly MemoryPart[];
  readonly total: number;
  /** The same in words. */
  readonly label: string;
}

/** What the memory is filled with: a segment per model, gaps between them. */
export function MemoryBar({ parts, total, label }: MemoryBarProps) {
  let end = 0;
  const shapes: ComponentChildren[] = [];
  for (const { name, amount, part } of parts) {
    const [x, width] = [end, Math.min(amount / total, 1 - end)];
    end += width;
    shapes.push(
      <rect key={name} class={`part-${part}`} x={percentOf(x)} width={percentOf(width)} height="100%" />,
      <rect key={`${name} gap`} class="gap" x={percentOf(end)} width="2" height="100%" />,
    );
  }
  return (
    <svg class="memory__bar" role="img" aria-label={label}>
      <rect class="track" width="100%" height="100%" rx="4" />
      {shapes}
    </svg>
  );
}

export const Key = ({ part }: { readonly part: string | number }) => <span class="key" data-part={part} />;

/** One hour of the day chart. Shares from 0 to 1. */
export interface Hour {
  readonly title: string;
  readonly done: number;
  readonly failed: number;
  readonly busy: number;
}

interface DayChartProps {
  readonly hours: readonly Hour[];
  readonly label: string;
  readonly busyWord: string;
  /** Below the chart, evenly spread. */
  readonly scale: readonly string[];
  /** Beside a panel that is taller. */
  readonly tall?: boolean;
}

/** Jobs per hour as bars, failures as triangles, the busy share as a strip. The last hour is the one that runs. */
export function DayChart({ hours, label, busyWord, scale, tall = false }: DayChartProps) {
  const size = tall ? TALL : USUAL;
  const top = topOf(Math.max(...hours.map(({ done }) => done), 1));
  const yOf = (tick: number): number => size.base - (tick / top) * size.bars;
  const ticks = [0, 1, 2, 3].map((step) => (top * step) / 3);
  return (
    <figure class={tall ? 'day day--tall' : 'day'}>
      <svg class="day__axis" aria-hidden="true">
        {ticks.map((tick) => (
          <text key={tick} x="0" y={yOf(tick) + 4}>
            {tick}
          </text>
        ))}
        <text x="0" y={size.busyBase + 1}>
          {busyWord}
        </text>
      </svg>
      <svg class="day__plot" role="img" aria-label={label}>
        {ticks.slice(1).map((tick) => (
          <line key={tick} class="grid" x1="0" x2="100%" y1={yOf(tick)} y2={yOf(tick)} />
        ))}
        <line class="grid" x1="0" x2="100%" y1={size.busyBase + 0.5} y2={size.busyBase + 0.5} />
        {hours.map((hour, index) => (
          <HourBars key={hour.title} hour={hour} index={index} many={hours.length} top={top} size={size} />
        ))}
      </svg>
      <div class="scale" aria-hidden="true">
        {scale.map((word) => (
          <span key={word}>{word}</span>
        ))}
      </div>
    </figure>
  );
}

/** Where the bars stand, and how tall the tallest is, in pixels of the drawing. */
const USUAL = { base: 62, bars: 54, busyBase: 84 } as const;
const TALL = { base: 102, bars: 94, busyBase: 124 } as const;
const BUSY_HEIGHT = 14;

interface HourBarsProps {
  readonly hour: Hour;
  readonly index: number;
  readonly many: number;
  readonly top: number;
  readonly size: typeof USUAL | typeof TALL;
}

function HourBars({ hour, index, many, top, size }: HourBarsProps) {
  const { base, bars, busyBase } = size;
  const slot = 1 / many;
  const [x, width] = [percentOf((index + 0.16) * slot), percentOf(slot * 0.68)];
  const height = (hour.done / top) * bars;
  return (
    <g class={index === many - 1 ? 'now' : undefined}>
      <title>{hour.title}</title>
      <rect class="hover" x={percentOf(index * slot)} width={percentOf(slot)} height={busyBase + 4} />
      {hour.done > 0 && <rect class="done" x={x} y={base - height} width={width} height={height} rx="1.5" />}
      {hour.done === 0 && hour.failed === 0 && <rect class="none" x={x} y={base - 2} width={width} height="2" rx="1" />}
      {hour.failed > 0 && (
        <svg x={x} y={base - height - 11} width={width} height="8" viewBox="0 0 10 8">
          <path class="fail" d="M5 0l5 8H0z" />
        </svg>
      )}
      {hour.busy > 0 && (
        <rect
          class="share"
          x={x}
          y={busyBase - hour.busy * BUSY_HEIGHT}
          width={width}
          height={hour.busy * BUSY_HEIGHT}
          rx="1"
        />
      )}
    </g>
  );
}

/** The least multiple of three that all bars fit below, in round steps: three lines divide the chart. */
export function topOf(most: number): number {
  const step = Math.ceil(most / 3);
  const magnitude = 10 ** Math.floor(Math.log10(step));
  const round = [1, 2, 5, 10].map((factor) => factor * magnitude).find((one) => one >= step);
  return 3 * (round ?? step);
}

const percentOf = (share: number): string => `${(share * 100).toFixed(2)}%`;
