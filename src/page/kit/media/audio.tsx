import { useEffect, useRef, useState } from 'preact/hooks';
import { playTime } from '../../format.ts';
import { MEDIA } from '../../words/media.ts';
import { Icon } from '../icons/icons.tsx';
import { useBrowser } from '../page-context.ts';
import { peaksOf } from './peaks.ts';
import { seekTo } from './seek.ts';

/** How far a player is, in seconds. */
interface Played {
  readonly at: number;
  /** NaN until the browser has read the file's head. */
  readonly length: number;
  readonly isPlaying: boolean;
  readonly isBroken: boolean;
}

const AT_START: Played = { at: 0, length: Number.NaN, isPlaying: false, isBroken: false };

/** Plays speech and other recordings. The wave is the way to a moment: with the pointer, or with the arrow keys. */
export function AudioPlayer({ src, label }: { readonly src: string; readonly label: string }) {
  const ref = useRef<HTMLAudioElement>(null);
  const [played, setPlayed] = useState(AT_START);
  const note = (): void => setPlayed((before) => playedOf(ref.current, before));
  const seek = (seconds: number): void => {
    if (ref.current !== null) ref.current.currentTime = seconds;
  };
  const toggle = (): void => {
    // A file that does not play is reported by `onError`; a pause before it began is no failure.
    if (ref.current?.paused === true) void ref.current.play().catch(() => undefined);
    else ref.current?.pause();
  };
  if (played.isBroken) return <p class="note">{MEDIA.cannotPlay}</p>;
  return (
    <div class="audio" role="group" aria-label={label}>
      <audio
        ref={ref}
        src={src}
        preload="metadata"
        onLoadedMetadata={note}
        onDurationChange={note}
        onTimeUpdate={note}
        onPlay={note}
        onPause={note}
        onEnded={note}
        onError={() => setPlayed((before) => ({ ...before, isBroken: true }))}
      />
      <PlayButton isPlaying={played.isPlaying} onPress={toggle} />
      <Wave src={src} played={played} onSeek={seek} />
      <span class="num">{MEDIA.timeOf(playTime(played.at), playTime(played.length))}</span>
    </div>
  );
}

const playedOf = (audio: HTMLAudioElement | null, before: Played): Played =>
  audio === null
    ? before
    : { ...before, at: audio.currentTime, length: audio.duration, isPlaying: !audio.paused && !audio.ended };

function PlayButton({ isPlaying, onPress }: { readonly isPlaying: boolean; readonly onPress: () => void }) {
  const word = isPlaying ? MEDIA.pause : MEDIA.play;
  return (
    <button class="btn audio__play btn--icon" type="button" title={word} onClick={onPress}>
      <Icon name={isPlaying ? 'pause' : 'play'} />
      <span class="visually-hidden">{word}</span>
    </button>
  );
}

interface WaveProps {
  readonly src: string;
  readonly played: Played;
  readonly onSeek: (seconds: number) => void;
}

function Wave({ src, played: { at, length }, onSeek }: WaveProps) {
  const peaks = usePeaks(src);
  const known = Number.isFinite(length) ? length : 0;
  const share = known === 0 ? 0 : at / known;
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={MEDIA.position}
      aria-valuemin={0}
      aria-valuemax={Math.round(known)}
      aria-valuenow={Math.round(at)}
      aria-valuetext={MEDIA.playedOf(playTime(at), playTime(length))}
      onKeyDown={(event) => {
        const to = seekTo(event.key, at, known);
        if (to === undefined) return;
        event.preventDefault();
        onSeek(to);
      }}
      onPointerDown={({ currentTarget, offsetX }) => onSeek((offsetX / currentTarget.clientWidth) * known)}
    >
      <svg class="audio__wave" aria-hidden="true">
        {peaks.map((peak, index) => (
          <Peak key={index} peak={peak} from={index / peaks.length} width={1 / peaks.length} share={share} />
        ))}
      </svg>
    </div>
  );
}

interface PeakProps {
  readonly peak: number;
  /** Both as a share of the whole. */
  readonly from: number;
  readonly width: number;
  /** What is played of the whole. */
  readonly share: number;
}

/** Silence keeps a line, so that the wave stays something to press. */
const MIN_HEIGHT = 6;

function Peak({ peak, from, width, share }: PeakProps) {
  const height = MIN_HEIGHT + peak * (100 - MIN_HEIGHT);
  return (
    <rect
      class={from < share ? 'played' : undefined}
      x={`${(from * 100).toFixed(2)}%`}
      width={`${(width * 60).toFixed(2)}%`}
      y={`${((100 - height) / 2).toFixed(1)}%`}
      height={`${height.toFixed(1)}%`}
      rx="1"
    />
  );
}

const FLAT: readonly number[] = peaksOf(new Float32Array());

/** Flat until the file is decoded, and where it cannot be: it may play all the same. */
function usePeaks(src: string): readonly number[] {
  const { readBytes, decodeAudio } = useBrowser();
  const [peaks, setPeaks] = useState(FLAT);
  useEffect(() => {
    let isGone = false;
    setPeaks(FLAT);
    void readBytes(src)
      .then(decodeAudio)
      .then((samples) => !isGone && setPeaks(peaksOf(samples)))
      .catch(() => undefined);
    return () => {
      isGone = true;
    };
  }, [src, readBytes, decodeAudio]);
  return peaks;
}
