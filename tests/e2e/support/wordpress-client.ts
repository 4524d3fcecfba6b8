/** A person with a browser at a WordPress site, as far as the tests need one. */
export class WordPressClient {
  private readonly cookies = new Map<string, string>();
  private nonce = "";

  /** @param base address of the site */
  constructor(readonly base: string) {}

  /** Status of a page, over a connection of its own, without following redirects. */
  async status(path: string): Promise<number> {
    const response = await this.request(path);
    await response.arrayBuffer();
    return response.status;
  }

  /** Text of a page that answers 200. */
  async page(path: string): Promise<string> {
    const response = await this.request(path);
    const text = await response.text();
    if (response.status !== 200) {
      throw new Error(`${path} answers ${response.status}`);
    }
    return text;
  }

  /** A file that answers 200. */
  async file(path: string): Promise<Uint8Array> {
    const response = await this.request(path);
    if (response.status !== 200) {
      throw new Error(`${path} answers ${response.status}`);
    }
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Fills in WordPress's own installation form, and signs in with its own login form. */
  async install(owner: { name: string; email: string; password: string; title: string }): Promise<void> {
    const { email, name, password, title } = owner;
    const installed = await this.submit("/wp-admin/install.php?step=2", {
      weblog_title: title,
      user_name: name,
      admin_password: password,
      admin_password2: password,
      admin_email: email,
      blog_public: "0",
      language: "",
    });
    if (!installed.includes("Success!")) {
      throw new Error(`the installation form answers: ${installed.replace(/<[^>]+>|\s+/g, " ").slice(0, 300)}`);
    }
    await this.signIn(name, password);
  }

  async signIn(name: string, password: string): Promise<void> {
    this.cookies.set("wordpress_test_cookie", "WP%20Cookie%20check");
    await this.submit("/wp-login.php", { log: name, pwd: password, testcookie: "1", "wp-submit": "Log In" });
    this.nonce = await this.page("/wp-admin/admin-ajax.php?action=rest-nonce");
  }

  /** Asks for a new password by WordPress's own form. */
  async resetPassword(name: string): Promise<void> {
    const answered = await this.submit("/wp-login.php?action=lostpassword", { user_login: name, redirect_to: "" });
    // It leads on to the page that says to look for the mail; what went wrong it says itself.
    if (answered !== "") {
      throw new Error(`the form answers: ${answered.replace(/<[^>]+>|\s+/g, " ").slice(0, 300)}`);
    }
  }

  /** Uploads a picture and returns its id and its path below the site's address. */
  async upload(name: string, png: Uint8Array): Promise<{ id: number; path: string }> {
    const headers = { "Content-Type": "image/png", "Content-Disposition": `attachment; filename="${name}"` };
    const { id, source_url } = (await this.rest("/wp/v2/media", headers, new Uint8Array(png))) as {
      id: number;
      source_url: string;
    };
    return { id, path: this.below(source_url) };
  }

  /** Uploads a file with a form, as a browser does, and returns its path below the site's address. */
  async uploadByForm(name: string, content: Buffer): Promise<string> {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(content)], { type: "application/zip" }), name);
    const { source_url } = (await this.rest("/wp/v2/media", {}, form)) as { source_url: string };
    return this.below(source_url);
  }

  /** Publishes a post and returns its path below the site's address. */
  async publish(title: string, content: string): Promise<string> {
    const body = JSON.stringify({ title, content, status: "publish" });
    const { link } = (await this.rest("/wp/v2/posts", { "Content-Type": "application/json" }, body)) as {
      link: string;
    };
    return this.below(link);
  }

  private below(address: string): string {
    const { pathname, search } = new URL(address);
    const path = new URL(this.base).pathname.replace(/\/$/, "");
    if (!pathname.startsWith(`${path}/`)) {
      throw new Error(`${address} is not below ${this.base}`);
    }
    return `${pathname.slice(path.length)}${search}`;
  }

  private async rest(route: string, headers: Record<string, string>, body: RequestInit["body"]): Promise<unknown> {
    const response = await this.request(`/?rest_route=${route}`, {
      method: "POST",
      headers: { ...headers, "X-WP-Nonce": this.nonce },
      body,
    });
    const text = await response.text();
    if (response.status !== 201) {
      throw new Error(`POST ${route} answers ${response.status}: ${text.slice(0, 300)}`);
    }
    return JSON.parse(text);
  }

  private async submit(path: string, fields: Record<string, string>): Promise<string> {
    const response = await this.request(path, { method: "POST", body: new URLSearchParams(fields) });
    return response.text();
  }

  private async request(path: string, options: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(`${this.base}${path}`, {
      ...options,
      redirect: "manual",
      headers: {
        ...(options.headers as Record<string, string>),
        Connection: "close",
        ...(cookie ? { Cookie: cookie } : {}),
      },
      signal: AbortSignal.timeout(120_000),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    return response;
  }
}
