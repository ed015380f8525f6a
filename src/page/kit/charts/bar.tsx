import type { Tone } from '../tones.ts';

interface BarProps {
  readonly label: string;
  /** From 0 to 1; undefined while nobody knows, which moves and has to be said in words. */
  readonly share: number | undefined;
  readonly text?: string | undefined;
  readonly small?: boolean;
  readonly tone?: Tone;
}

/** How far something is. */
export function Bar({ label, share, text, small = false, tone }: BarProps) {
  const known = share === undefined ? undefined : Math.round(share * 100);
  const names = ['bar', small ? 'bar--sm' : '', known === undefined ? 'bar--wait' : ''].filter(Boolean);
  return (
    <svg
      class={names.join(' ')}
      data-tone={tone}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={known}
      aria-valuetext={text}
    >
      <rect class="track" width="100%" />
      <rect class="fill" rx="3" width={known === undefined ? '30%' : `${known}%`} />
    </svg>
  );
}

/** How much of something is used: not a progress. Shares from 0 to 1. */
export const LevelBar = ({
  label,
  ours,
  others,
}: {
  readonly label: string;
  readonly ours: number;
  readonly others: number;
}) => (
  <svg class="bar" role="img" aria-label={label}>
    <rect class="track" width="100%" />
    <rect width={`${ours * 100}%`} class="fill" />
    <rect x={`${ours * 100 + GAP_PERCENT}%`} width={`${Math.max(0, others * 100 - GAP_PERCENT)}%`} class="fill other" />
  </svg>
);

const GAP_PERCENT = 0.4;

/** A share from 0 to 1 that is set, and no progress. */
export const Level = ({ label, share }: { readonly label: string; readonly share: number }) => (
  <svg class="bar bar--sm" role="img" aria-label={label}>
    <rect class="track" width="100%" />
    <rect class="level-fill" width={`${Math.min(1, share) * 100}%`} />
  </svg>
);
