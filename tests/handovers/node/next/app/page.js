import { redirect } from "next/navigation";

import { authorizeUrl } from "../authorize";

async function connect() {
  "use server";
  redirect(authorizeUrl());
}

export default function Page() {
  return (
    <form action={connect}>
      <button>Connect Zoom</button>
    </form>
  );
}
