import { until } from "./until";

/** A person at Ghost's admin page, as far as the tests need one. */
export class GhostClient {
  private cookie = "";

  /**
   * @param base where the site is reached from here, for example `http://10.96.0.12`
   * @param origin the origin of the site's configured url; Ghost accepts a session for no other
   */
  constructor(
    readonly base: string,
    private readonly origin: string,
  ) {}

  /** Status of a page, without following redirects, over a connection of its own: a kept one would lead to a pod that stops. */
  async status(path: string): Promise<number> {
    const response = await fetch(`${this.base}${path}`, {
      redirect: "manual",
      headers: { Connection: "close" },
      signal: AbortSignal.timeout(15_000),
    });
    await response.arrayBuffer();
    return response.status;
  }

  /** Waits until a page answers 200. */
  async answers(path: string, seconds: number): Promise<void> {
    await until(`${path} to answer 200`, seconds, async () => {
      const status = await this.status(path);
      if (status !== 200) {
        throw new Error(`it answers ${status}`);
      }
      return true;
    });
  }

  /** Text of a page that answers 200. */
  async page(path: string): Promise<string> {
    const response = await fetch(`${this.base}${path}`, {
      headers: { Connection: "close" },
      signal: AbortSignal.timeout(15_000),
    });
    if (response.status !== 200) {
      throw new Error(`${path} answers ${response.status}`);
    }
    return response.text();
  }

  /** Creates the owner of a new site and signs in. */
  async setUp(owner: { name: string; email: string; password: string; title: string }): Promise<void> {
    const { email, name, password, title } = owner;
    await this.api("POST", "authentication/setup/", 201, { setup: [{ name, email, password, blogTitle: title }] });
    await this.signIn(email, password);
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.api("POST", "session/", 201, { username, password });
  }

  /**
   * Signs in from a device that Ghost does not know: it asks for a code that it sends by mail.
   *
   * @param code reads it from the mail
   */
  async signInFromNewDevice(username: string, password: string, code: () => Promise<string>): Promise<void> {
    await this.api("POST", "session/", 403, { username, password });
    await this.api("PUT", "session/verify/", 200, { token: await code() });
  }

  /** Makes the site private, or open again. Ghost sends readers of a private one to where they give the password. */
  async setPrivate(isPrivate: boolean): Promise<void> {
    const settings = [
      { key: "is_private", value: isPrivate },
      { key: "password", value: "for readers" },
    ];
    await this.api("PUT", "settings/", 200, { settings });
  }

  /** Forgets the cookies, as another browser would never have had them. */
  forget(): void {
    this.cookie = "";
  }

  /** Invites somebody to the staff: Ghost sends a mail. */
  async invite(email: string): Promise<void> {
    const { roles } = (await this.api("GET", "roles/", 200)) as { roles: { id: string; name: string }[] };
    const author = roles.find(({ name }) => name === "Author");
    await this.api("POST", "invites/", 201, { invites: [{ email, role_id: author?.id }] });
  }

  /** Makes somebody a member of the site. */
  async addMember(email: string): Promise<void> {
    await this.api("POST", "members/", 201, { members: [{ email }] });
  }

  /** Addresses of the site's members. */
  async members(): Promise<string[]> {
    const { members } = (await this.api("GET", "members/", 200)) as { members: { email: string }[] };
    return members.map(({ email }) => email);
  }

  /** A key that Ghost hands to its admin for a service that finds pictures, from the setting `klipy__apiKey`; null where it has none. */
  async klipyKey(): Promise<unknown> {
    const { config } = (await this.api("GET", "config/", 200)) as { config: { klipy?: { apiKey?: unknown } } };
    return config.klipy?.apiKey;
  }

  /** Switches the site's web analytics on or off, as the settings of the admin do. */
  async setWebAnalytics(isOn: boolean): Promise<void> {
    await this.api("PUT", "settings/", 200, { settings: [{ key: "web_analytics", value: isOn }] });
  }

  /** What the admin's page of figures is told: where it asks for them, and the token for that. */
  async analytics(): Promise<{ config: string; stats: { endpoint?: string; id?: string }; token: string }> {
    const { config } = (await this.api("GET", "config/", 200)) as { config: { stats?: { endpoint?: string } } };
    const { tinybird } = (await this.api("GET", "tinybird/token/", 200)) as { tinybird: { token: string } };
    return { config: JSON.stringify(config), stats: config.stats ?? {}, token: tinybird.token };
  }

  /** Uploads a picture and returns its path on the site. */
  async uploadImage(name: string, png: Uint8Array): Promise<string> {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(png)], { type: "image/png" }), name);
    const { images } = (await this.api("POST", "images/upload/", 201, form)) as { images: { url: string }[] };
    return new URL(images[0]?.url ?? "").pathname;
  }

  /** Publishes a post and returns its path. */
  async publish(title: string, html: string): Promise<string> {
    const body = { posts: [{ title, html, status: "published" }] };
    const { posts } = (await this.api("POST", "posts/?source=html", 201, body)) as { posts: { url: string }[] };
    return new URL(posts[0]?.url ?? "").pathname;
  }

  private async api(method: string, path: string, expected: number, body?: object): Promise<unknown> {
    const form = body instanceof FormData;
    const response = await fetch(`${this.base}/ghost/api/admin/${path}`, {
      method,
      headers: {
        Origin: this.origin,
        Connection: "close",
        "Accept-Version": "v6.0",
        ...(this.cookie ? { Cookie: this.cookie } : {}),
        ...(body && !form ? { "Content-Type": "application/json" } : {}),
      },
      ...(body ? { body: form ? body : JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(120_000),
    });
    const text = await response.text();
    if (response.status !== expected) {
      throw new Error(`${method} ${path} answers ${response.status}: ${text.slice(0, 300)}`);
    }
    this.cookie = response.headers.get("set-cookie")?.split(";")[0] ?? this.cookie;
    return text.startsWith("{") ? JSON.parse(text) : text;
  }
}

/** A picture of one pixel. */
export const onePixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
