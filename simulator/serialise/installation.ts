/** Installations and deliveries as GitHub's JSON. */
import type { Installation } from "../store/model.ts";
import type { DeliveryRecord } from "../webhooks/record.ts";
import type { Schemas, World } from "../world.ts";
import { user } from "./account.ts";

export function installation(world: World, each: Installation): Schemas["installation"] {
  const api = `${world.url}/api/v3`;
  return {
    id: each.id,
    client_id: world.app.clientId,
    account: user(world, each.account),
    repository_selection: "selected",
    access_tokens_url: `${api}/app/installations/${each.id}/access_tokens`,
    repositories_url: `${api}/installation/repositories`,
    html_url: `${world.url}/settings/installations/${each.id}`,
    app_id: world.app.id,
    app_slug: world.app.slug,
    target_id: each.account.id,
    target_type: each.account.type,
    permissions: each.permissions as Schemas["app-permissions"],
    events: world.app.events,
    created_at: each.createdAt,
    updated_at: each.updatedAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: each.suspendedBy ? user(world, each.suspendedBy) : null,
    suspended_at: each.suspendedAt ?? null,
  };
}

export function deliveryItem(each: DeliveryRecord): Schemas["hook-delivery-item"] {
  return {
    id: each.id,
    guid: each.guid,
    delivered_at: each.deliveredAt,
    redelivery: each.redelivery,
    duration: each.duration,
    status: each.status,
    status_code: each.statusCode,
    event: each.event,
    action: each.action ?? null,
    installation_id: each.installationId ?? null,
    repository_id: each.repositoryId ?? null,
    throttled_at: null,
  };
}

export function delivery(url: string, each: DeliveryRecord): Schemas["hook-delivery"] {
  const { id, installation_id, repository_id, ...item } = deliveryItem(each);
  return {
    ...item,
    id: Number(id),
    installation_id: installation_id === null ? null : Number(installation_id),
    repository_id: repository_id === null ? null : Number(repository_id),
    url,
    request: { headers: each.request.headers, payload: each.request.payload },
    response: each.response,
  };
}
