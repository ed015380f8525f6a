import { useState } from 'preact/hooks';

interface SliderProps {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly value: number;
  readonly max: number;
  readonly step: number;
  /** A value in words. */
  readonly say: (value: number) => string;
  /** Once the reader lets go of it. */
  readonly onChange: (value: number) => void;
}

/** How many marks stand below the track. */
const MARKS = 4;

/** A number between 0 and the most there is. */
export function Slider({ id, label, help, value, max, step, say, onChange }: SliderProps) {
  const [held, setHeld] = useState<number | undefined>();
  const shown = held ?? value;
  return (
    <div class="stack stack--tight">
      <label class="line line--apart" for={id}>
        <span>{label}</span>
        <output class="strong num" for={id}>
          {say(shown)}
        </output>
      </label>
      <div class="range">
        <svg class="bar" aria-hidden="true">
          <rect class="track" width="100%" />
          <rect class="fill" width={`${Math.min(100, (shown / max) * 100)}%`} />
        </svg>
        <input
          class="slider"
          id={id}
          type="range"
          min="0"
          max={max}
          step={step}
          value={shown}
          aria-valuetext={say(shown)}
          aria-describedby={`${id}-h`}
          onInput={(event) => setHeld(Number(event.currentTarget.value))}
          onChange={(event) => {
            onChange(Number(event.currentTarget.value));
            setHeld(undefined);
          }}
        />
        <Scale max={max} />
      </div>
      <p class="note" id={`${id}-h`}>
        {help}
      </p>
    </div>
  );
}

const Scale = ({ max }: Pick<SliderProps, 'max'>) => (
  <div class="scale" aria-hidden="true">
    {Array.from({ length: MARKS + 1 }, (_, index) => (
      <span key={index}>{Math.round((max * index) / MARKS)}</span>
    ))}
  </div>
);
