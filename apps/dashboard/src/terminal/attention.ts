import { preferences } from './preferences.js';

/** A program that rings all the time is heard once in this time. */
const QUIET_MS = 3_000;
const TONE = { hertz: 660, seconds: 0.18, loudness: 0.08 };

export interface AttentionOptions {
  /** Names the session in a notification. */
  title: () => string;
  /** Whether somebody is wanted. */
  onChange: (wanted: boolean) => void;
}

/** Calls a person back to a session whose program rang while nobody looked: a mark, and if wanted a sound or a notification. */
export class Attention {
  private readonly ending = new AbortController();
  private wanted = false;
  private lastRing = -Infinity;
  private notification: Notification | undefined;

  constructor(private readonly options: AttentionOptions) {
    const { signal } = this.ending;
    const looked = (): void => {
      if (isLookedAt()) this.answered();
    };
    window.addEventListener('focus', looked, { signal });
    document.addEventListener('visibilitychange', looked, { signal });
  }

  ring(): void {
    if (isLookedAt()) return;
    if (!this.wanted) {
      this.wanted = true;
      this.options.onChange(true);
    }
    const now = performance.now();
    if (now - this.lastRing < QUIET_MS) return;
    this.lastRing = now;
    const { sound, notify } = preferences();
    if (sound) void playTone();
    if (notify) this.notify();
  }

  /** Somebody came. */
  answered(): void {
    this.notification?.close();
    this.notification = undefined;
    if (!this.wanted) return;
    this.wanted = false;
    this.options.onChange(false);
  }

  dispose(): void {
    this.ending.abort();
    this.notification?.close();
  }

  private notify(): void {
    if (!canNotify() || Notification.permission !== 'granted') return;
    try {
      const title = this.options.title();
      this.notification = new Notification(title, { body: 'Needs your input', tag: title });
      this.notification.addEventListener('click', () => window.focus());
    } catch {
      // Some phones show notifications of installed pages only.
    }
  }
}

const isLookedAt = (): boolean => document.visibilityState === 'visible' && document.hasFocus();

/** Whether this browser can show notifications of this page: not without TLS, except from this machine. */
export const canNotify = (): boolean => 'Notification' in window && window.isSecureContext;

/** Two short tones; made, not fetched. Resolves when they have been played, or at once where the browser allows no sound. */
export async function playTone(): Promise<void> {
  const audio = new AudioContext();
  try {
    const gain = audio.createGain();
    gain.gain.value = TONE.loudness;
    gain.connect(audio.destination);
    const tone = audio.createOscillator();
    tone.frequency.value = TONE.hertz;
    tone.frequency.setValueAtTime(TONE.hertz * 1.25, audio.currentTime + TONE.seconds / 2);
    tone.connect(gain);
    tone.start();
    tone.stop(audio.currentTime + TONE.seconds);
    await new Promise((resolve) => setTimeout(resolve, TONE.seconds * 1000 + 50));
  } finally {
    await audio.close();
  }
}
