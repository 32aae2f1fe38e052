select version, json from webhook
