/** Berth's mark: a prompt above the water. */
export const Mark = ({ size = 24 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="var(--accent)" />
    <path
      d="M9.5 7.5 16.5 13l-7 5.5M18.5 18.5h5"
      stroke="var(--accent-ink)"
      strokeWidth="2.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
    <path d="M6.5 24.6c3.2-2 6.3-2 9.5 0s6.3 2 9.5 0" stroke="var(--accent-ink)" strokeWidth="2.2" strokeLinecap="round" opacity="0.75" />
  </svg>
);
