/// A replay as one page of HTML that needs nothing else: no script, no image, nothing from elsewhere.
package struct ReplayPage {
    let replay: Replay
    /// The policy file, as the operator named it.
    let file: String

    package init(_ replay: Replay, file: String) {
        self.replay = replay
        self.file = file
    }

    package var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width">
        <title>Replay of \(escaped(replay.policy))</title>
        <style>\(Self.style)</style></head><body>
        <h1>What \(escaped(file)) would change</h1>
        <p>Policy \(escaped(replay.policy)), \(escaped(replay.hash))\(period)</p>
        \(counts)
        \(table("By peer", "peer", replay.byPeer))
        \(table("By block that would decide", "block", replay.byBlock))
        \(table("By kind of message", "kind", replay.byKind))
        \(reported)
        \(examples)
        </body></html>

        """
    }

    private var period: String {
        guard let first = replay.first, let last = replay.last else { return "" }
        return ", messages from \(Timestamp.text(milliseconds: first)) to "
            + Timestamp.text(milliseconds: last)
    }

    private var counts: String {
        let rows: [(Int, String)] = [
            (replay.changed, "messages would end otherwise"),
            (replay.judged, "messages were judged again"),
            (replay.otherBlock, "would end as they did, by another block"),
            (
                replay.uncertain,
                "cannot be judged exactly: by what is sealed, what nobody asked the peer for, or what "
                    + "limits count beside the journal"
            ),
            (
                replay.otherLists,
                "came when the downloaded lists held something else, or nobody knows what"
            ),
            (replay.guarded, "were refused by guards or failed: the same under every policy"),
            (
                replay.withoutToken,
                "wanted a token whose exchange was refused: the decision on that is judged"
            ),
            (replay.unknown, "have no facts in the journal"),
        ]
        let cells = rows.map { "<tr><td class=\"n\">\($0.0)</td><td>\(escaped($0.1))</td></tr>" }
        let untried = replay.untriedWords.map { "<p>\(escaped($0))</p>" } ?? ""
        return "<table>\(cells.joined())</table>\(untried)"
    }

    private func table(_ title: String, _ column: String, _ tally: ReplayTally) -> String {
        let sorted = tally.sorted
        guard !sorted.isEmpty else { return "" }
        var rows = sorted.prefix(Self.rowLimit).map { row in
            let transitions = row.transitions.map { "\(escaped($0.name)): \($0.count)" }
            return "<tr><td>\(name(row.name))</td><td class=\"n\">\(row.total)</td>"
                + "<td>\(transitions.joined(separator: "<br>"))</td></tr>"
        }
        if sorted.count > Self.rowLimit {
            rows.append("<tr><td colspan=\"3\">and \(sorted.count - Self.rowLimit) more</td></tr>")
        }
        return "<h2>\(escaped(title))</h2><table><tr><th>\(escaped(column))</th><th>changes</th>"
            + "<th>before &gt; now</th></tr>\(rows.joined())</table>"
    }

    private var reported: String {
        let rows = replay.reported.sorted { $0.key < $1.key }.map { block, counts in
            "<tr><td>\(escaped(block))</td><td class=\"n\">\(counts.before)</td>"
                + "<td class=\"n\">\(counts.now)</td></tr>"
        }
        guard !rows.isEmpty else { return "" }
        return "<h2>Only reported</h2><table><tr><th>block</th><th>before</th><th>now</th></tr>"
            + "\(rows.joined())</table>"
    }

    private var examples: String {
        let rows = replay.examples.map { change in
            "<tr><td><code>\(escaped(change.decision))</code></td>"
                + "<td>\(Timestamp.text(milliseconds: change.time))</td>"
                + "<td>\(name(change.peer))</td><td>\(escaped(change.kind))</td>"
                + "<td>\(escaped(change.before.words))<br>\(escaped(change.before.by))</td>"
                + "<td>\(escaped(change.now.words))<br>\(escaped(change.now.by))</td>"
                + "<td>\(escaped(change.certainty))</td></tr>"
        }
        guard !rows.isEmpty else { return "" }
        return "<h2>Examples</h2><p><code>ocmgate explain ID</code> shows one whole.</p><table>"
            + "<tr><th>decision</th><th>time</th><th>peer</th><th>kind</th><th>before</th>"
            + "<th>now</th><th>certainty</th></tr>\(rows.joined())</table>"
    }

    private func name(_ text: String) -> String {
        text.isEmpty ? "<i>nobody named</i>" : escaped(text)
    }

    /// Text as text, whatever it holds.
    private func escaped(_ text: String) -> String {
        var html = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": html += "&amp;"
            case "<": html += "&lt;"
            case ">": html += "&gt;"
            case "\"": html += "&quot;"
            case "'": html += "&#39;"
            case _ where scalar.value < 0x20 || scalar.properties.generalCategory == .format:
                html += "\u{FFFD}"
            case _: html.unicodeScalars.append(scalar)
            }
        }
        return html
    }

    private static let rowLimit = 200
    private static let style =
        "body{font:15px/1.4 sans-serif;margin:2em;color:#222;background:#fff}"
        + "table{border-collapse:collapse;margin:.5em 0 1.5em}"
        + "td,th{border:1px solid #ccc;padding:.25em .6em;text-align:left;vertical-align:top}"
        + "th{background:#f2f2f2}.n{text-align:right;font-variant-numeric:tabular-nums}"
}
