"""The addresses of the login, of one's own account and of the users."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path

from controller.web import accounts, logins, oidc, users

urlpatterns: list[URLPattern] = [
    path("login", logins.Login.as_view(), name="login"),
    path("login/code", logins.code, name="login-code"),
    path("login/second-factor", logins.set_up, name="login-set-up"),
    path("login/oidc", oidc.leave, name="oidc"),
    path("login/oidc/back", oidc.come_back, name="oidc-callback"),
    path("logout", logins.Logout.as_view(), name="logout"),
    path(
        "password/<uidb64>/<token>",
        login_not_required(logins.NewPassword.as_view()),
        name="new-password",
    ),
    path("account", accounts.account, name="account"),
    path("account/password", accounts.password, name="account-password"),
    path("account/second-factor", accounts.set_up, name="account-set-up"),
    path("account/second-factor/codes", accounts.new_codes, name="account-codes"),
    path("account/second-factor/remove", accounts.remove, name="account-remove"),
    path("account/sessions/<int:session_id>/end", accounts.end_session, name="account-session"),
    path("account/tokens", accounts.make_token, name="account-token-new"),
    path("account/tokens/revoke", accounts.revoke_token, name="account-token"),
    path("users", users.users, name="users"),
    path("new-user", users.add, name="user-add"),
    path("users/<str:name>", users.user, name="user"),
    path("users/<str:name>/role", users.role, name="user-role"),
    path("users/<str:name>/disable", users.disable, name="user-disable"),
    path("users/<str:name>/enable", users.enable, name="user-enable"),
    path("users/<str:name>/password", users.reset_password, name="user-password"),
    path("users/<str:name>/second-factor", users.reset_second_factor, name="user-factor"),
    path("users/<str:name>/sessions/end", users.end_sessions, name="user-sessions"),
]
