package views

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// Markdown writes a report for a pull request, in GitHub's flavour: what came out first, then the
// few numbers that carry it, and what it takes to believe and to repeat them. Names and texts from
// outside show as they are; nothing in them becomes markup, a mention or a link.
func Markdown(p ReportPage) string {
	var blocks []string
	if r := p.Report; r.State != profiler.Done {
		blocks = append(blocks, "**"+markdown(endedHeading(p))+".** "+markdown(r.Error))
	}
	imported := !p.Report.Measured()
	switch {
	case imported:
		blocks = append(blocks, importMarkdown(p)...)
	case p.Report.Kind == profiler.KindSweep:
		blocks = append(blocks, sweepMarkdown(p)...)
	case p.Report.Kind == profiler.KindCalibration:
		blocks = append(blocks, calibrationMarkdown(p)...)
	case len(p.Report.Rows) > 0:
		blocks = append(blocks, rowsMarkdown(p)...)
	default:
		blocks = append(blocks, comparisonMarkdown(p)...)
	}
	if !imported { // of what was not measured here nothing is known
		blocks = append(blocks, markdownEnvironment(p.Report))
	}
	if len(p.Commands) > 0 && !imported {
		blocks = append(blocks, "To measure it again:", markdownBlock("sh", p.Commands[0].Lines))
	}
	blocks = slices.DeleteFunc(blocks, func(block string) bool { return block == "" })
	return strings.Join(blocks, "\n\n") + "\n"
}

func comparisonMarkdown(p ReportPage) []string {
	r, after := p.Report, chosen(p)
	c := report.Conclude(r, after)
	warnings := slices.Concat(r.Comparability, r.Warnings)
	rows := mainComparisons(r, after)
	for _, row := range rows {
		warnings = append(warnings, row.Warnings...)
	}
	var why []string
	for _, sentence := range report.Explain(r, after) {
		why = append(why, markdown(sentence))
	}
	if len(fitted(r)) > 1 {
		why = append(why, markdown(sameWeights(r)))
	}
	noise := ""
	if len(rows) > 0 {
		noise = markdown(noiseText(r.Calibration))
	}
	what := fmt.Sprintf("%s against %s", markdownCode(after), markdownCode(r.Variants[0].Name))
	return []string{
		strings.TrimSpace("**" + markdown(c.Headline) + ".** " + markdown(c.Text)),
		markdownSubject(p, what),
		comparisonTable(r, after, rows),
		markdownList(why),
		otherVariants(r, after),
		functionsMarkdown(p.Flame),
		markdownWarnings(warnings),
		noise,
	}
}

// markdownSubject says what was measured and how often, where the report is, and what its owner
// noted.
func markdownSubject(p ReportPage, what string) string {
	r := p.Report
	text := fmt.Sprintf("%s, %s", markdown(r.Title), what)
	if r.Measured() {
		text += ": medians of " + markdown(words.RoundsOf(r.Config))
	}
	if params := fixedParams(r); len(params) > 0 {
		text += ", with " + markdownCode(strings.ReplaceAll(params.String(), ",", ", "))
	} else if r.Measured() {
		for _, name := range r.LabelNames() {
			text += ", " + markdown(name) + " " + markdownCode(r.Labels[name])
		}
	}
	text += fmt.Sprintf(". [Report](<%s>)", r.URL)
	if r.Note != "" {
		text += "\n\n> " + markdown(r.Note)
	}
	return text
}

// mainComparisons are what a table for a pull request has room for: the primary metrics, and what
// they may cost.
func mainComparisons(r report.Report, after string) []report.Comparison {
	var out []report.Comparison
	for _, c := range r.Comparisons {
		if c.Variant == after && (c.Primary || report.IsPrice(c.Unit)) {
			out = append(out, c)
		}
	}
	return out
}

// comparisonTable has a row for each comparison, with the prediction where there is one.
func comparisonTable(r report.Report, after string, comparisons []report.Comparison) string {
	if len(comparisons) == 0 {
		return ""
	}
	theory := map[string]predictedRow{} // by unit
	for _, row := range predicted(r) {
		if row.Variant == after {
			theory[row.Unit] = row
		}
	}
	head := []string{"Metric", "Verdict", markdownCode(r.Variants[0].Name), markdownCode(after), "Change, 95% interval", "Noise floor"}
	if len(theory) > 0 {
		head = append(head, "Predicted", "Observed")
	}
	var rows [][]string
	for _, c := range comparisons {
		row := []string{
			markdown(profiler.LookupUnit(c.Unit).Title),
			verdictWord(c),
			report.Reading(r, r.Variants[0].Name, c.Unit, c.Baseline),
			report.Reading(r, after, c.Unit, c.Value),
			changeWithEnds(c),
			floorText(c),
		}
		if t := theory[c.Unit]; len(theory) > 0 {
			row = append(row, t.Predicted, t.Observed)
		}
		rows = append(rows, row)
	}
	return markdownTable(head, 2, rows)
}

// verdictWord is the verdict of one comparison in texts; what is worse stands out.
func verdictWord(c report.Comparison) string {
	switch {
	case c.Verdict == report.Worse:
		return "**worse**"
	case c.Verdict.Decided():
		return string(c.Verdict)
	case c.Value.Center == c.Baseline.Center:
		return "equal"
	}
	return undecidedWord(c)
}

// changeWithEnds writes a change with the ends of its interval, where it has one.
func changeWithEnds(c report.Comparison) string {
	lo, hi := float64(c.DeltaLo), float64(c.DeltaHi)
	if profiler.LookupUnit(c.Unit).Exact || !words.Finite(lo) || !words.Finite(hi) {
		return report.Change(c)
	}
	return fmt.Sprintf("%s (%s to %s)", report.Change(c), words.Percent(lo), words.Percent(hi))
}

func floorText(c report.Comparison) string {
	floor := float64(c.Floor)
	if !words.Finite(floor) || floor <= 0 {
		return words.None
	}
	return "±" + words.Percentage(floor)
}

// otherVariants says of each variant that the table is not about how it came out.
func otherVariants(r report.Report, after string) string {
	var items []string
	for _, name := range compared(r) {
		if name != after {
			items = append(items, fmt.Sprintf("%s: %s.", markdownCode(name), markdown(report.Conclude(r, name).Headline)))
		}
	}
	if len(items) == 0 {
		return ""
	}
	return "The other variants:\n\n" + markdownList(items)
}

// importMarkdown tells two imported profiles as a whole, and by function.
func importMarkdown(p ReportPage) []string {
	r := p.Report
	var rows [][]string
	if sides := report.Summaries(r); len(sides) == 2 {
		for _, t := range report.Totals(sides[0], sides[1]) {
			rows = append(rows, []string{t.Title, t.Before, t.After, cmp.Or(t.Change, words.None), t.Percent})
		}
	}
	var caveats []string
	for _, sentence := range importCaveats(r) {
		caveats = append(caveats, markdown(sentence))
	}
	table := ""
	if len(rows) > 0 {
		table = markdownTable([]string{"Whole process, not per operation", "Before", "After", "Change", ""}, 1, rows)
	}
	return []string{
		"**" + markdown(report.Conclude(r, "").Headline) + ".** " + report.NotTested,
		markdownSubject(p, "two heap profiles"),
		table,
		functionsMarkdown(p.Flame),
		markdownList(caveats),
	}
}

// mostChanged is how many functions a text for a pull request shows.
const mostChanged = 5

func functionsMarkdown(p *ProfilePage) string {
	var rows [][]string
	t := functions(p)
	for _, row := range t.Rows {
		if row.Class != "same" && len(rows) < mostChanged {
			rows = append(rows, []string{
				markdownCode(row.Package + row.Name), t.Reading.cell(row.Flat.before), t.Reading.cell(row.Flat.after), t.Reading.signedCell(row.Flat.delta()),
			})
		}
	}
	if len(rows) == 0 {
		return ""
	}
	return markdownTable([]string{"Functions that changed most, " + t.unit(), "Before", "After", "Change"}, 1, rows)
}

// markdownWarnings lists what makes numbers less sure, each once.
func markdownWarnings(warnings []string) string {
	var items []string
	for _, w := range warnings {
		if item := markdown(words.Sentence(w)); !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	if len(items) == 0 {
		return ""
	}
	return "**Compare with care**\n\n" + markdownList(items)
}

// environmentWords are how a sentence names what tells one machine and build from another.
var environmentWords = map[string]string{
	"Go": "%s", "CPU": "%s", "CPUs": "%s CPUs", "GOMAXPROCS": "GOMAXPROCS=%s", "Memory": "%s of memory", "Kernel": "kernel %s",
	"GOGC": "GOGC=%s", "GOMEMLIMIT": "GOMEMLIMIT=%s", "Commit": "commit %s",
}

func markdownEnvironment(r report.Report) string {
	var parts []string
	for _, line := range environment(r) {
		if texts := environmentWords[line.Name]; texts != "" {
			parts = append(parts, fmt.Sprintf(texts, markdown(line.Value)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Measured with " + strings.Join(parts, ", ") + "."
}

func sweepMarkdown(p ReportPage) []string {
	r := p.Report
	var buys []string
	for _, b := range report.Trades(r.Rows) {
		buys = append(buys, fmt.Sprintf("%s **%s**%s", markdownCode(b.Variant), b.Lead, b.Text)) // texts of ours, and numbers
	}
	headline := "**Effect of " + markdown(report.SweepRange(r.Sweep)) + "**"
	if len(buys) == 0 {
		headline = "**Too little was measured to compare " + markdown(report.SweepRange(r.Sweep)) + "**"
	}
	return []string{
		headline,
		markdownList(buys),
		markdownSubject(p, "sweep of "+markdownCode(r.Sweep.String())),
		sweepTable(r),
		geometricTable(r),
		markdownWarnings(slices.Concat(r.Comparability, rowWarnings(r.Rows), r.Warnings)),
		markdown(noiseText(r.Calibration)),
	}
}

func sweepTable(r report.Report) string {
	first := "against " + markdown(r.Sweep.Values[0])
	var rows [][]string
	for _, p := range r.Rows {
		for _, v := range p.Variants {
			row := []string{markdown(p.Value), markdownCode(v.Name)}
			for _, unit := range []string{profiler.NsPerOp, profiler.PeakRSS} {
				row = append(row, words.Value(unit, float64(report.NewInterval(v.Samples[unit]).Center)), alongText(p.AlongOf(v.Name, unit)))
			}
			rows = append(rows, row)
		}
	}
	return markdownTable([]string{markdown(r.Sweep.Title()), "Variant", "Time per op", first, "Peak RSS", first}, 2, rows)
}

func geometricTable(r report.Report) string {
	head := []string{"Over all values, geometric mean against " + markdownCode(r.Variants[0].Name)}
	for _, v := range r.Variants[1:] {
		head = append(head, markdownCode(v.Name))
	}
	var rows [][]string
	for _, row := range report.Means(r) {
		rows = append(rows, append([]string{markdown(profiler.LookupUnit(row.Unit).Title)}, row.Means...))
	}
	if len(rows) == 0 {
		return ""
	}
	return markdownTable(head, 1, rows)
}

// alongText is the change of one metric along a sweep; of what is not decided it is a word too.
func alongText(c *report.Comparison) string {
	switch {
	case c == nil:
		return ""
	case c.Verdict.Decided():
		return report.Change(*c) + " " + verdictWord(*c)
	}
	return fmt.Sprintf("%s (%s)", verdictWord(*c), report.Change(*c))
}

func calibrationMarkdown(p ReportPage) []string {
	r := p.Report
	if r.Calibration == nil || len(r.Calibration.Floors) == 0 {
		return []string{"**Too few runs for a noise floor.**", markdownSubject(p, "the baseline against itself")}
	}
	var rows [][]string
	for _, row := range floorRows(r) {
		rows = append(rows, []string{markdown(row.Title), row.Median, row.Least, row.Most, row.Floor, row.Default})
	}
	return []string{
		"**" + markdown(calibrationHeadline(r)) + ".** A smaller change of this case on this machine is never called better or worse.",
		markdownSubject(p, fmt.Sprintf("%s of %s, with nothing changed between them", words.Plural(r.Calibration.Runs, "run"), markdownCode(r.Variants[0].Name))),
		markdownTable([]string{"Metric", "Median", "Least", "Most", "Noise floor", "Default"}, 1, rows),
		markdownWarnings(slices.Concat(r.Comparability, r.Warnings)),
	}
}

// rowsMarkdown has the conclusion and a table for each row.
func rowsMarkdown(p ReportPage) []string {
	r, after := p.Report, chosen(p)
	c := report.Conclude(r, after)
	blocks := []string{
		"**" + markdown(c.Headline) + ".**",
		markdownSubject(p, fmt.Sprintf("%s against %s", markdownCode(after), markdownCode(r.Variants[0].Name))),
	}
	for i := range r.Rows {
		at := r.At(i)
		blocks = append(blocks, "**"+markdown(r.Rows[i].Row)+"**", comparisonTable(at, after, mainComparisons(at, after)))
	}
	return append(blocks, markdownWarnings(slices.Concat(r.Comparability, rowWarnings(r.Rows), r.Warnings)), markdown(noiseText(r.Calibration)))
}
