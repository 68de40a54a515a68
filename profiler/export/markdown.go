// Package export writes reports as texts: Markdown for pull requests, the Go benchmark format for
// benchstat, and CSV for spreadsheets.
package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// A Document is a report with the other data that its Markdown shows.
type Document struct {
	Report    report.Report
	After     string    // the variant that the text is about; "" is the last one
	Reproduce []string  // lines of a shell command that measures it again; may be empty
	Functions Functions // may be empty
}

// Functions lists the functions that changed, largest change first.
type Functions struct {
	Unit string // such as "bytes per op"
	Rows []FunctionRow
}

// A FunctionRow is one function with its values, as texts.
type FunctionRow struct{ Name, Before, After, Change string }

// Markdown writes a report for a pull request, in GitHub's flavour: first the conclusion, then the
// main numbers, then what supports and reproduces them. Names and texts from outside never become
// markup, a mention or a link.
func Markdown(d Document) string {
	var blocks []string
	r := d.Report
	if r.State != profiler.Done {
		blocks = append(blocks, "**"+markdown(report.EndedHeading(r))+".** "+markdown(r.Error))
	}
	switch {
	case !r.Measured():
		blocks = append(blocks, importMarkdown(d)...)
	case r.Kind == profiler.KindSweep:
		blocks = append(blocks, sweepMarkdown(r)...)
	case r.Kind == profiler.KindCalibration:
		blocks = append(blocks, calibrationMarkdown(r)...)
	case len(r.Rows) > 0:
		blocks = append(blocks, rowsMarkdown(d)...)
	default:
		blocks = append(blocks, comparisonMarkdown(d)...)
	}
	if r.Measured() { // the environment of an import is not known
		blocks = append(blocks, markdownEnvironment(r))
		if len(d.Reproduce) > 0 {
			blocks = append(blocks, "To measure it again:", markdownBlock("sh", d.Reproduce))
		}
	}
	blocks = slices.DeleteFunc(blocks, func(block string) bool { return block == "" })
	return strings.Join(blocks, "\n\n") + "\n"
}

func comparisonMarkdown(d Document) []string {
	r, after := d.Report, report.Chosen(d.Report, d.After)
	c := report.Conclude(r, after)
	warnings := slices.Concat(r.Comparability, r.Warnings)
	rows := report.MainComparisons(r, after)
	for _, row := range rows {
		warnings = append(warnings, row.Warnings...)
	}
	var why []string
	for _, sentence := range report.Explain(r, after) {
		why = append(why, markdown(sentence))
	}
	if len(report.Fitted(r)) > 1 {
		why = append(why, markdown(report.WeightsText(r)))
	}
	noise := ""
	if len(rows) > 0 {
		noise = markdown(report.NoiseText(r))
	}
	what := fmt.Sprintf("%s against %s", markdownCode(after), markdownCode(r.Variants[0].Name))
	return []string{
		strings.TrimSpace("**" + markdown(c.Headline) + ".** " + markdown(c.Text)),
		markdownSubject(r, what),
		comparisonTable(r, after, rows),
		markdownList(why),
		otherVariants(r, after),
		causesMarkdown(r, after),
		functionsMarkdown(d.Functions),
		markdownWarnings(warnings),
		noise,
	}
}

// markdownSubject says what was measured and how often. It has a link to the report, and its note.
func markdownSubject(r report.Report, what string) string {
	text := fmt.Sprintf("%s, %s", markdown(r.Title), what)
	if r.Measured() {
		text += ": medians of " + markdown(words.RoundsOf(r.Config))
	}
	switch labels := report.LabelText(r); {
	case !r.LabelsVariants() && labels != "":
		text += ", with " + markdownCode(labels)
	case r.Measured():
		for _, name := range r.LabelNames() {
			text += ", " + markdown(name) + " " + markdownCode(r.Labels[name])
		}
	}
	text += fmt.Sprintf(". [Report](<%s>)", r.URL)
	if added := report.AddedText(r); added != "" {
		text += "\n\n" + markdown(strings.TrimSpace(added+" "+report.AddedWarning(r)))
	}
	if r.Note != "" {
		text += "\n\n> " + markdown(r.Note)
	}
	return text
}

// comparisonTable has a row for each comparison, with its prediction if there is one.
func comparisonTable(r report.Report, after string, comparisons []report.Comparison) string {
	if len(comparisons) == 0 {
		return ""
	}
	theory := map[string]report.PredictionLine{} // by unit
	for _, row := range report.PredictionLines(r) {
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
			report.CenterText(r, r.Variants[0].Name, c.Unit, c.Baseline),
			report.CenterText(r, after, c.Unit, c.Value),
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

// verdictWord returns the verdict of one comparison. Worse is in bold.
func verdictWord(c report.Comparison) string {
	switch {
	case c.Verdict == report.Worse:
		return "**worse**"
	case c.Verdict.Decided():
		return string(c.Verdict)
	case c.Verdict == report.Same && c.Value.Center == c.Baseline.Center:
		return "equal"
	}
	return report.UndecidedWord(c)
}

// changeWithEnds writes a change with the ends of its interval, if it has one.
func changeWithEnds(c report.Comparison) string {
	interval := report.ChangeRange(c)
	if profiler.LookupUnit(c.Unit).Exact || interval == "" {
		return report.Change(c)
	}
	return fmt.Sprintf("%s (%s)", report.Change(c), interval)
}

func floorText(c report.Comparison) string {
	if floor := float64(c.Floor); words.Finite(floor) && floor <= 0 {
		return words.None
	}
	return "±" + report.FloorText(c)
}

// otherVariants lists the headlines of the variants that the table is not about.
func otherVariants(r report.Report, after string) string {
	var items []string
	for _, name := range report.Compared(r) {
		if name != after {
			items = append(items, fmt.Sprintf("%s: %s.", markdownCode(name), markdown(report.Conclude(r, name).Headline)))
		}
	}
	if len(items) == 0 {
		return ""
	}
	return "The other variants:\n\n" + markdownList(items)
}

// importMarkdown compares two imported profiles as a whole and by function.
func importMarkdown(d Document) []string {
	r := d.Report
	var rows [][]string
	for _, t := range report.Totals(r) {
		row := []string{t.Title, t.Before, t.After, cmp.Or(strings.TrimSpace(t.Change+" "+t.Margin), words.None), t.Percent}
		if t.Comparison != nil {
			row = append(row, verdictWord(*t.Comparison), cmp.Or(report.ChangeRange(*t.Comparison), words.None))
		}
		rows = append(rows, row)
	}
	var caveats []string
	for _, sentence := range report.ImportCaveats(r) {
		caveats = append(caveats, markdown(sentence))
	}
	table := ""
	if len(rows) > 0 {
		head := []string{importScope(r), "Before", "After", "Change", ""}
		if len(r.Comparisons) > 0 {
			head = append(head, "Verdict", "95% interval")
		}
		table = markdownTable(head, 1, rows)
	}
	c := report.Conclude(r, "")
	return []string{
		"**" + markdown(c.Headline) + ".** " + markdown(c.Text),
		markdownSubject(r, importSubject(r)),
		table,
		functionsMarkdown(d.Functions),
		markdownList(caveats),
	}
}

// importScope is the head of the table of totals.
func importScope(r report.Report) string {
	switch {
	case r.Divisor != nil:
		return markdown("Per " + r.Divisor.Singular())
	case report.Rounds(r) > 1:
		return "Median of the profiles"
	}
	return "Whole process, not per operation"
}

func importSubject(r report.Report) string {
	n := 0
	for _, p := range r.Profiles {
		n += max(p.Merged, 1)
	}
	if n > 2 {
		return fmt.Sprintf("%d heap profiles", n)
	}
	return "two heap profiles"
}

// maxFunctions is the number of functions that the text shows.
const maxFunctions = 5

func functionsMarkdown(f Functions) string {
	if len(f.Rows) == 0 {
		return ""
	}
	var rows [][]string
	for _, row := range f.Rows[:min(len(f.Rows), maxFunctions)] {
		rows = append(rows, []string{markdownCode(row.Name), row.Before, row.After, row.Change})
	}
	return markdownTable([]string{"Functions with the largest change, " + f.Unit, "Before", "After", "Change"}, 1, rows)
}

// markdownWarnings lists reasons to doubt the numbers, each once.
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

// environmentWords say how a sentence names a line of the environment. It leaves out the others.
var environmentWords = map[string]string{
	"Go": "%s", "CPU": "%s", "CPUs": "%s CPUs", "GOMAXPROCS": "GOMAXPROCS=%s", "Memory": "%s of memory", "Kernel": "kernel %s",
	"GOGC": "GOGC=%s", "GOMEMLIMIT": "GOMEMLIMIT=%s", "Commit": "commit %s",
}

func markdownEnvironment(r report.Report) string {
	var parts []string
	for _, line := range report.EnvironmentLines(r) {
		if texts := environmentWords[line.Name]; texts != "" {
			parts = append(parts, fmt.Sprintf(texts, markdown(line.Value)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Measured with " + strings.Join(parts, ", ") + "."
}

func sweepMarkdown(r report.Report) []string {
	var trades []string
	for _, t := range report.Trades(r.Rows) {
		trades = append(trades, fmt.Sprintf("%s **%s**%s", markdownCode(t.Variant), t.Lead, t.Text)) // only own words and numbers
	}
	return []string{
		"**" + markdown(report.Conclude(r, "").Headline) + ".**",
		markdownList(trades),
		markdownSubject(r, "sweep of "+markdownCode(r.Sweep.String())),
		sweepTable(r),
		geometricTable(r),
		markdownWarnings(slices.Concat(r.Comparability, report.RowWarnings(r.Rows), r.Warnings)),
		markdown(report.NoiseText(r)),
	}
}

func sweepTable(r report.Report) string {
	head := []string{markdown(r.Sweep.Title()), "Variant"}
	units := report.SweepUnits(r)
	for _, unit := range units {
		head = append(head, profiler.LookupUnit(unit).Title, "against "+markdown(r.Sweep.Values[0]))
	}
	var rows [][]string
	for _, p := range r.Rows {
		for _, v := range p.Variants {
			row := []string{markdown(p.Value), markdownCode(v.Name)}
			for _, unit := range units {
				row = append(row, words.Value(unit, float64(report.NewInterval(v.Samples[unit]).Center)), alongText(p.AlongOf(v.Name, unit)))
			}
			rows = append(rows, row)
		}
	}
	return markdownTable(head, 2, rows)
}

func geometricTable(r report.Report) string {
	head := []string{"Over all values, geometric mean against " + markdownCode(r.Variants[0].Name)}
	for _, v := range r.Variants[1:] {
		head = append(head, markdownCode(v.Name))
	}
	var rows [][]string
	for _, row := range report.MeanLines(r) {
		rows = append(rows, append([]string{markdown(profiler.LookupUnit(row.Unit).Title)}, row.Means...))
	}
	if len(rows) == 0 {
		return ""
	}
	return markdownTable(head, 1, rows)
}

// alongText writes the change of one metric along a sweep, with its verdict.
func alongText(c *report.Comparison) string {
	switch {
	case c == nil:
		return ""
	case c.Verdict.Decided():
		return report.Change(*c) + " " + verdictWord(*c)
	}
	return fmt.Sprintf("%s (%s)", verdictWord(*c), report.Change(*c))
}

func calibrationMarkdown(r report.Report) []string {
	if r.Calibration == nil || len(r.Calibration.Floors) == 0 {
		return []string{"**" + markdown(report.CalibrationHeadline(r)) + ".**", markdownSubject(r, "the baseline compared with itself")}
	}
	var rows [][]string
	for _, row := range report.FloorLines(r) {
		rows = append(rows, []string{markdown(row.Title), row.Median, row.Least, row.Most, row.Floor, row.Default})
	}
	return []string{
		"**" + markdown(report.CalibrationHeadline(r)) + ".** Smaller changes on this machine under these conditions are never reported as better or worse.",
		markdownSubject(r, fmt.Sprintf("%s of %s, with nothing changed between them", words.Plural(r.Calibration.Runs, "run"), markdownCode(r.Variants[0].Name))),
		markdownTable([]string{"Metric", "Median", "Minimum", "Maximum", "Noise floor", "Default"}, 1, rows),
		markdownWarnings(slices.Concat(r.Comparability, r.Warnings)),
	}
}

// rowsMarkdown has the conclusion, a table for each row, and the causes of those that changed, the worst first.
func rowsMarkdown(d Document) []string {
	r, after := d.Report, report.Chosen(d.Report, d.After)
	c := report.Conclude(r, after)
	blocks := []string{
		"**" + markdown(c.Headline) + ".**",
		markdownSubject(r, fmt.Sprintf("%s against %s", markdownCode(after), markdownCode(r.Variants[0].Name))),
	}
	for i := range r.Rows {
		at := r.At(i)
		blocks = append(blocks, "**"+markdown(r.Rows[i].Row)+"**", comparisonTable(at, after, report.MainComparisons(at, after)))
	}
	for _, at := range report.ChangedRows(r, after) {
		if causes := causesMarkdown(at, after); causes != "" {
			blocks = append(blocks, "**"+markdown(at.Row)+"**", causes)
		}
	}
	return append(blocks, markdownWarnings(slices.Concat(r.Comparability, report.RowWarnings(r.Rows), r.Warnings)), markdown(report.NoiseText(r)))
}
