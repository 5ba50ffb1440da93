import Testing

@testable import Transport

@Suite struct FieldKindTests {
    private func kind(_ name: String) -> FieldKind {
        let bytes = Array(name.utf8)
        return FieldKind.of(bytes.span, hash: FieldName.hash(bytes.span))
    }

    @Test(arguments: [
        ("host", FieldKind.host), ("HOST", .host), ("content-length", .contentLength),
        ("Transfer-Encoding", .transferEncoding), ("connection", .connection), ("expect", .expect),
        ("te", .hopByHop), ("Trailer", .hopByHop), ("upgrade", .hopByHop),
        ("proxy-authorization", .hopByHop), ("http2-settings", .hopByHop),
        ("keep-alive", .hopByHop), ("proxy-connection", .hopByHop),
        ("x-forwarded-for", .reserved), ("x-forwarded", .reserved), ("X-OCM-a", .reserved),
        ("forwarded", .reserved), ("x-real-ip", .reserved), ("XAUTHORIZATION", .reserved),
        ("Script-Name", .reserved), ("path-info", .reserved), ("Remote-User", .reserved),
        ("X-Script-Name", .reserved), ("script", .plain), ("x-remote-user", .plain),
        ("Request-Range", .reserved), ("x-range", .plain), ("Sec-WebSocket-Key1", .reserved),
        ("sec-websocket-key2", .reserved), ("sec-websocket-key", .plain),
        ("authorization", .protected), ("signature-input", .protected), ("cookie", .protected),
        ("destination", .protected), ("X-NC-Skip-Trashbin", .protected), ("accept", .plain),
        ("Deck-Federation-AccessToken", .protected),
        ("x-ocm", .plain), ("x-forwardedfor", .plain), ("x", .plain), ("x-forwarde", .plain),
        ("hosts", .plain),
    ])
    func kindsGoByNameWithoutCase(_ name: String, _ expected: FieldKind) {
        #expect(kind(name) == expected)
    }

    @Test(arguments: [
        "x_real_ip", "X.Real-Ip", "content_length", "transfer.encoding", "x_ocm_peer",
        "x_forwarded", "x_forwarded_for", "proxy_connection", "x_access_token", "ocm.token",
        "SCRIPT_NAME", "script_name", "Path_Info", "REMOTE_USER", "remote.user", "x-script_name",
        "Sec_WebSocket_Key1", "x_nc_skip_trashbin", "deck_federation_accesstoken",
    ])
    func signsThatBackendsFoldMakeAliases(_ name: String) {
        let isAlias = FieldKind.aliased(Array(name.utf8).span)
        #expect(isAlias)
    }

    @Test(arguments: ["oc_id", "x.y", "_", "x_forwardedfor", "real_ip"])
    func otherNamesAreNoAliases(_ name: String) {
        let isAlias = FieldKind.aliased(Array(name.utf8).span)
        #expect(!isAlias)
    }
}
