import { NextResponse } from "next/server";

import { authorizeUrl } from "./authorize.js";

export const config = { matcher: "/away" };

/** Next.js's name for a middleware. */
export function proxy() {
  return NextResponse.redirect(authorizeUrl());
}
