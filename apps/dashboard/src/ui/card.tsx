import './card.css';
import type { ReactNode } from 'react';

export interface CardProps {
  /** Where an address may point to, as its fragment. */
  id?: string;
  title: string;
  description?: ReactNode;
  children: ReactNode;
}

/** A part of a page with a heading of its own. */
export function Card({ id, title, description, children }: CardProps) {
  return (
    <section className="card" aria-labelledby={id === undefined ? undefined : `${id}-title`} id={id}>
      <header className="card-head">
        <h2 id={id === undefined ? undefined : `${id}-title`}>{title}</h2>
        {description !== undefined && <p>{description}</p>}
      </header>
      {children}
    </section>
  );
}
