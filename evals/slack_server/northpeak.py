"""The people of the sample company as they are in Slack, and some who are not of it."""

from evals.slack_server.server import SlackServer

COMPANY = "northpeak.example"
EVERYBODY = ("UDANA", "URIO", "USAM", "UGUEST", "UBOT")


def add_northpeak(server: SlackServer, team: str = "T1") -> None:
    """Bring the people of the sample company's policy into a workspace, with two channels."""
    server.add_user(team, "UDANA", "Dana Meyer", f"dana.meyer@{COMPANY}")
    server.add_user(team, "URIO", "Rio Tanaka", f"rio.tanaka@{COMPANY}", tz="Asia/Tokyo")
    server.add_user(team, "USAM", "Sam Okafor", f"sam.okafor@{COMPANY}", tz="America/New_York")
    server.add_user(team, "UGUEST", "Gus Guest", "gus@agency.example", is_restricted=True)
    server.add_user(team, "UBOT", "Other Bot", is_bot=True)
    server.add_user(team, "UALIEN", "Ali Alien", "ali@other.example", home_team="T9")
    server.add_channel(team, "CREV", "revenue", EVERYBODY)
    server.add_channel(team, "CSHARED", "with-partner", [*EVERYBODY, "UALIEN"], is_ext_shared=True)
