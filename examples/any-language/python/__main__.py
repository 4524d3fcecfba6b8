import pulumi
import pulumi_ghost_platform as ghost_platform

config = pulumi.Config()
mailgun = config.require_secret("mailgun")
press = ghost_platform.Stack(
    "press",
    platform="swarm",
    sites={
        "blog": {
            "url": config.require("url"),
            "secret_settings": {"bulkEmail__mailgun__apiKey": {"secure": mailgun}},
        },
    },
)

pulumi.export("urls", press.urls)
pulumi.export("inboxLogin", press.inbox_login)
