/** The one origin whose pages may use this gateway with a browser's credentials: the address under which people reach Berth. */
export class Origins {
  /** `publicOrigin`: known from the start, or once the gateway listens. */
  constructor(private publicOrigin?: string) {}

  /** Scheme, host and port as browsers send them; undefined before the gateway listens. */
  get public(): string | undefined {
    return this.publicOrigin;
  }

  set(publicOrigin: string): void {
    this.publicOrigin = new URL(publicOrigin).origin;
  }

  /** A request without the header does not come from a page. */
  accepts(origin: string | undefined): boolean {
    return origin === undefined || origin === this.publicOrigin;
  }
}
